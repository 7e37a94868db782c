/**
 * Names that their registry has taken away and whose former owner's servers go on answering: ghost domains (NDSS 2012) and
 * phoenix domains (CVE-2022-30698, CVE-2022-30699). Both end when the registry's own TTL does.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript, serve } from '../iterator/universe.ts';
import { a, ns } from '../messages.ts';
import { replyTo } from '../scripted-upstream.ts';

/** The registry, test. 11, says 2 s; what it delegates goes on for a day. */
const registry =
  (isTaken: () => boolean) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: { 'test.': { ns: ['ns.nic.test.'], glue: [a('ns.nic.test.', at(11))] } },
    },
    11: ({ query, send }) => {
      if (isTaken()) return send(serve({ origin: 'test.', records: [] }, query));
      const flags = { ...query.flags, qr: true };
      const authorities = [ns('ghost.test.', 'ns.ghost.test.', 2)];
      send(replyTo(query, { flags, authorities, additionals: [a('ns.ghost.test.', at(12), 2)] }));
    },
    // Its own NS records are in every answer, newer and longer than the registry's.
    12: ({ query, send }) => {
      const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
      const flags = { ...query.flags, qr: true, aa: true };
      const own = {
        authorities: [ns('ghost.test.', 'ns.ghost.test.', 86_400)],
        additionals: [a('ns.ghost.test.', at(12), 86_400)],
      };
      if (!owner.endsWith('sub.ghost.test.'))
        return send(replyTo(query, { flags, answers: [a(owner, '192.0.2.66', 1)], ...own }));
      const authorities = [ns('sub.ghost.test.', 'ns.sub.ghost.test.', 86_400)];
      const additionals = [a('ns.sub.ghost.test.', at(13), 86_400)];
      send(replyTo(query, { flags: { ...flags, aa: false }, authorities, additionals }));
    },
    13: ({ query, send }) => {
      const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
      send(
        replyTo(query, {
          flags: { ...query.flags, qr: true, aa: true },
          answers: [a(owner, '192.0.2.67', 1)],
        }),
      );
    },
  });

describe('a name that its registry has taken away', () => {
  it('is gone, with all below it, when the registry’s TTL is over, however often it is asked for', async () => {
    let isTaken = false;
    await using universe = await openUniverse({ servers: registry(() => isTaken) });
    assert.equal((await universe.dig('one.ghost.test.', 'A')).status, 'NOERROR');
    assert.equal((await universe.dig('one.sub.ghost.test.', 'A')).status, 'NOERROR');
    isTaken = true;
    // Its owner asks for its NS records, and for names, to have it live on.
    for (const type of ['NS', 'A']) {
      await sleep(600);
      await universe.dig('ghost.test.', type);
      await universe.dig('sub.ghost.test.', type);
      await universe.dig(`at-${type}.sub.ghost.test.`, 'A');
    }
    await sleep(1500);
    assert.equal((await universe.dig('two.ghost.test.', 'A')).status, 'NXDOMAIN');
    assert.equal((await universe.dig('two.sub.ghost.test.', 'A')).status, 'NXDOMAIN');
  });
});
