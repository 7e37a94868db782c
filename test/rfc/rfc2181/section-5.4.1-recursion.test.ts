import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openUniverse } from '../../resolver/iterator/universe.ts';
import { a } from '../../resolver/messages.ts';

describe('RFC 2181 section 5.4.1: ranking, as a client sees it', () => {
  it('glue finds a server and is never an answer; the child’s own record is', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
        },
        11: { origin: 'test.', records: [a('ns.test.', '192.0.2.53'), a('www.test.', '192.0.2.1')] },
      }),
    });
    await universe.dig('www.test.', 'A');
    assert.deepEqual((await universe.dig('ns.test.', 'A')).answers, ['ns.test. 300 IN A 192.0.2.53']);
    // What the zone itself says of its server does not move the delegation, which is the parent's.
    assert.equal((await universe.dig('nothing.test.', 'A')).status, 'NXDOMAIN');
  });

  it('NS records of a referral do not answer a question for them', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
        },
        11: { origin: 'test.', records: [] },
      }),
    });
    const { status, answers } = await universe.dig('test.', 'NS');
    assert.equal(status, 'NOERROR');
    assert.deepEqual(answers, []);
  });
});
