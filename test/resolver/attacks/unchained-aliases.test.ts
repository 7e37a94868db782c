/** Answers full of aliases that lead nowhere near the question: they are neither followed nor given. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceRecord } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript } from '../iterator/universe.ts';
import { a, cname } from '../messages.ts';
import { replyTo } from '../scripted-upstream.ts';

const many = 2000;

const attackedBy =
  (answersFor: (owner: string) => readonly ResourceRecord[]) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: { 'evil.': { ns: ['ns.evil.'], glue: [a('ns.evil.', at(11))] } },
    },
    11: ({ query, transport, send }) => {
      const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
      const flags = { ...query.flags, qr: true, aa: true, tc: transport === 'udp' };
      send(replyTo(query, { flags, answers: transport === 'udp' ? [] : answersFor(owner) }));
    },
  });

const unrelated = Array.from({ length: many }, (_, i) => cname(`n${i}.evil.`, `n${i + 1}.evil.`));

describe('thousands of aliases in one answer', () => {
  it('beside the answer are left out', async () => {
    await using universe = await openUniverse({
      servers: attackedBy(owner => [...unrelated, a(owner, '192.0.2.1')]),
    });
    const dug = await universe.dig('www.evil.', 'A');
    assert.deepEqual(dug.answers, ['www.evil. 300 IN A 192.0.2.1']);
    assert.equal(await universe.metric('anycast_resolver_cache_entries{cache="rrsets"}'), 1);
  });

  it('without the answer are none, and nothing is kept', async () => {
    await using universe = await openUniverse({ servers: attackedBy(() => unrelated) });
    assert.deepEqual((await universe.dig('www.evil.', 'A')).answers, []);
    assert.ok(universe.sent() <= 10, `${universe.sent()}`);
    assert.equal(await universe.metric('anycast_resolver_cache_entries{cache="rrsets"}'), 0);
  });

  it('for the one name are no alias: two would lead two ways', async () => {
    await using universe = await openUniverse({
      servers: attackedBy(owner => Array.from({ length: 200 }, (_, i) => cname(owner, `n${i}.evil.`))),
    });
    assert.deepEqual((await universe.dig('www.evil.', 'A')).answers, []);
    assert.ok(universe.sent() <= 10, `${universe.sent()}`);
  });

  it('in a chain are followed as far as any chain is', async () => {
    await using universe = await openUniverse({
      servers: attackedBy(owner =>
        owner.startsWith('www') ? [cname(owner, 'n0.evil.'), ...unrelated] : unrelated,
      ),
    });
    const { status } = await universe.dig('www.evil.', 'A');
    assert.equal(status, 'SERVFAIL');
    assert.ok(universe.sent() <= 10, `${universe.sent()}`);
    assert.equal(await universe.metric('anycast_resolver_recursion_limits_total{limit="aliases"}'), 1);
  });
});
