import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse } from '../../resolver/iterator/universe.ts';
import { a } from '../../resolver/messages.ts';
import { replyTo } from '../../resolver/scripted-upstream.ts';

/** Codes 3, 15, 18 and 19 are tested where they arise: serve-stale (RFC 8767), block lists, the access list. */
describe('RFC 8914 section 4, codes of a resolver', () => {
  const open = () =>
    openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: {
            'silent.': { ns: ['ns.silent.'], glue: [a('ns.silent.', at(11))] },
            'refusing.': { ns: ['ns.refusing.'], glue: [a('ns.refusing.', at(12))] },
          },
        },
        11: () => undefined,
        12: ({ query, send }) => send(replyTo(query, { rcode: rcodes.REFUSED })),
      }),
      resolver: ['queryTimeout: 1s'],
    });

  it('4.23 and 4.14: nobody reached, then the same from memory', async () => {
    await using universe = await open();
    assert.match((await universe.dig('www.silent.', 'A')).text, /EDE: 22 /);
    assert.match((await universe.dig('www.silent.', 'A')).text, /EDE: 13 /);
  });

  it('4.24: somebody reached who would not answer', async () => {
    await using universe = await open();
    assert.match((await universe.dig('www.refusing.', 'A')).text, /EDE: 23 /);
  });

  it('4.21 and 4.22: no recursion was asked for, and a type that is not for questions', async () => {
    await using universe = await open();
    const refused = await universe.dig('+norec', 'www.silent.', 'A');
    assert.equal(refused.status, 'REFUSED');
    assert.match(refused.text, /EDE: 20 /);
    const unsupported = await universe.dig('www.silent.', 'TYPE250');
    assert.equal(unsupported.status, 'NOTIMP');
    assert.match(unsupported.text, /EDE: 21 /);
  });

  it('section 2: none where all is well, and none to who speaks no EDNS', async () => {
    await using universe = await open();
    assert.doesNotMatch((await universe.dig('.', 'NS')).text, /EDE/);
    assert.doesNotMatch((await universe.dig('+noedns', 'www.refusing.', 'A')).text, /EDE/);
  });
});
