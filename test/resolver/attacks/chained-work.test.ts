/**
 * Work that is multiplied: aliases times shortened names times servers to look up (CAMP, USENIX Security 2024). One budget
 * pays for all of it, and no alias and no look-up on the way begins a new one (CVE-2026-50045).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript } from '../iterator/universe.ts';
import { a, cname, ns, soa } from '../messages.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';

const exhausted = 'anycast_resolver_budget_exhausted_total{limit="packets"}';

const nested = (round: number): string => `${'a.b.c.d.e.f.g.h.i.'}r${round}.attacker.`;

/** Names of full depth are aliases of the next such name; all others have no data. */
function aliases({ query, send }: UpstreamCall): void {
  const flags = { ...query.flags, qr: true, aa: true };
  const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
  const round = /^a\.b\.c\.d\.e\.f\.g\.h\.i\.r(\d+)\./.exec(owner)?.[1];
  if (round !== undefined)
    send(replyTo(query, { flags, answers: [cname(owner, nested(Number(round) + 1))] }));
  else send(replyTo(query, { flags, authorities: [soa('attacker.')] }));
}

/** Each name is in a zone of its own, whose three servers are each in a zone of its own, and so on. */
function glueless({ query, send }: UpstreamCall): void {
  const flags = { ...query.flags, qr: true };
  const labels = formatName(query.questions[0]?.name ?? new Uint8Array([0]))
    .toLowerCase()
    .split('.');
  const zone = `${labels.at(-3)}.attacker.`;
  const servers = [1, 2, 3].map(number => ns(zone, `ns.${labels.at(-3)}${number}.attacker.`));
  send(replyTo(query, { flags, authorities: servers }));
}

const attackedBy =
  (script: (call: UpstreamCall) => void) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: { 'attacker.': { ns: ['ns.attacker.'], glue: [a('ns.attacker.', at(11))] } },
    },
    11: script,
  });

describe('chained work', () => {
  it('ends with the budget where aliases multiply shortened names', async () => {
    await using universe = await openUniverse({ servers: attackedBy(aliases) });
    const { status, text } = await universe.dig(nested(0), 'A');
    assert.equal(status, 'SERVFAIL');
    assert.match(text, /EDE: 0 .*budget exhausted: packets/);
    assert.ok(universe.sent() > 50 && universe.sent() <= 100, `${universe.sent()}`);
    assert.equal(await universe.metric(exhausted), 1);
  });

  it('ends with a smaller budget sooner', async () => {
    await using universe = await openUniverse({
      servers: attackedBy(aliases),
      resolver: ['budget: { packets: 25 }'],
    });
    assert.match((await universe.dig(nested(0), 'A')).text, /budget exhausted: packets/);
    assert.equal(universe.sent(), 25);
  });

  it('ends after ten addresses where servers need servers', async () => {
    await using universe = await openUniverse({ servers: attackedBy(glueless) });
    assert.equal((await universe.dig('www.x.attacker.', 'A')).status, 'SERVFAIL');
    assert.ok(universe.sent() <= 20, `${universe.sent()}`);
    assert.ok((await universe.metric('anycast_resolver_recursion_limits_total{limit="addresses"}')) > 0);
  });

  it('has a question that exhausted the budget answered from memory the next time', async () => {
    await using universe = await openUniverse({
      servers: attackedBy(aliases),
      resolver: ['budget: { packets: 25 }'],
    });
    await universe.dig(nested(0), 'A');
    const sent = universe.sent();
    assert.match((await universe.dig(nested(0), 'A')).text, /EDE: 13/);
    assert.equal(universe.sent(), sent);
  });

  it('cannot have another’s zone taken for gone by coming there with nothing left', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: {
            'attacker.': { ns: ['ns.attacker.'], glue: [a('ns.attacker.', at(11))] },
            'victim.': { ns: ['ns.victim.'], glue: [a('ns.victim.', at(12))] },
          },
        },
        11: ({ query, send }) => {
          const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
          const [, left = '0', number = ''] = /^a(\d+)-(\w+)\./.exec(owner) ?? [];
          const target = left === '0' ? `${number}.victim.` : `a${Number(left) - 1}-${number}.attacker.`;
          const flags = { ...query.flags, qr: true, aa: true };
          send(replyTo(query, { flags, answers: [cname(owner, target, 0)] }));
        },
        12: ({ query, send }) => {
          const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0])).toLowerCase();
          const flags = { ...query.flags, qr: true, aa: true };
          setTimeout(() => send(replyTo(query, { flags, answers: [a(owner, '192.0.2.1')] })), 300);
        },
      }),
      resolver: ['budget: { packets: 10 }'],
    });
    assert.equal((await universe.dig('first.victim.', 'A')).status, 'NOERROR');
    for (const number of [1, 2, 3, 4, 5])
      assert.match((await universe.dig(`a9-${number}.attacker.`, 'A')).text, /budget exhausted: packets/);
    const names = ['one', 'two', 'three', 'four'];
    const answers = await Promise.all(names.map(label => universe.dig(`${label}.victim.`, 'A')));
    assert.deepEqual(
      answers.map(({ status }) => status),
      names.map(() => 'NOERROR'),
    );
  });
});
