import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openUniverse } from '../../resolver/iterator/universe.ts';
import { a, ns } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

describe('RFC 9471 section 3: referrals whose glue does not fit', () => {
  it('are asked for again over TCP when TC is set', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: ({ query, transport, send }) => {
          const flags = { ...query.flags, qr: true, tc: transport === 'udp' };
          const authorities = [ns('test.', 'ns.test.')];
          send(
            replyTo(query, {
              flags,
              authorities,
              additionals: transport === 'udp' ? [] : [a('ns.test.', at(11))],
            }),
          );
        },
        11: { origin: 'test.', records: [a('www.test.', '192.0.2.1')] },
      }),
    });
    assert.equal((await universe.dig('www.test.', 'A')).answers.length, 1);
    assert.deepEqual(
      universe.servers[10]?.calls.map(({ transport }) => transport),
      ['udp', 'tcp'],
    );
  });

  it('work with the glue of a sister zone’s server (section 2.2)', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: {
            'one.': { ns: ['ns.two.'], glue: [a('ns.two.', at(11))] },
            'two.': { ns: ['ns.one.'], glue: [a('ns.one.', at(12))] },
          },
        },
        11: { origin: 'one.', records: [a('www.one.', '192.0.2.1')] },
        12: { origin: 'two.', records: [a('www.two.', '192.0.2.2')] },
      }),
    });
    assert.equal((await universe.dig('www.one.', 'A')).answers.length, 1);
    assert.equal((await universe.dig('www.two.', 'A')).answers.length, 1);
  });
});
