/** Referrals to many name servers that must be looked up, or that say nothing (NXNSAttack CVE-2020-8616, NRDelegation CVE-2022-3204). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse, type ServerScript, serve } from '../iterator/universe.ts';
import { a, ns, soa } from '../messages.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';

const many = (count: number, of: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => of(i));

/** attacker. 11 refers names below x.attacker. to thirty servers in victim. 12. */
const fanOut =
  (victim: (call: UpstreamCall) => void) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: {
        'attacker.': { ns: ['ns.attacker.'], glue: [a('ns.attacker.', at(11))] },
        'victim.': { ns: ['ns.victim.'], glue: [a('ns.victim.', at(12))] },
      },
    },
    11: {
      origin: 'attacker.',
      records: [],
      delegations: { 'x.attacker.': { ns: many(30, i => `n${i}.victim.`) } },
    },
    12: victim,
  });

const limits = 'anycast_resolver_recursion_limits_total{limit="addresses"}';

describe('a referral to thirty name servers in somebody else’s zone', () => {
  it('has five of them looked up when there are none by such names', async () => {
    const victim = ({ query, send }: UpstreamCall): void =>
      send(serve({ origin: 'victim.', records: [] }, query));
    await using universe = await openUniverse({ servers: fanOut(victim) });
    const { status } = await universe.dig('www.x.attacker.', 'A');
    assert.equal(status, 'SERVFAIL');
    assert.equal(universe.servers[12]?.calls.length, 5);
    assert.ok((await universe.metric(limits)) > 0);
    assert.match((await universe.dig('www.x.attacker.', 'A')).text, /EDE: 13/);
    assert.equal(universe.servers[12]?.calls.length, 5);
  });

  it('sends the victim at most ten questions when the names have no addresses', async () => {
    const victim = ({ query, send }: UpstreamCall): void =>
      send(replyTo(query, { flags: { ...query.flags, qr: true, aa: true }, authorities: [soa('victim.')] }));
    await using universe = await openUniverse({ servers: fanOut(victim) });
    assert.equal((await universe.dig('www.x.attacker.', 'A')).status, 'SERVFAIL');
    const calls = universe.servers[12]?.calls.length ?? 0;
    assert.ok(calls > 0 && calls <= 10, `${calls}`);
    assert.ok((await universe.metric(limits)) > 0);
  });

  it('sends the victim at most ten questions when the addresses are of nobody', async () => {
    const victim = ({ query, send }: UpstreamCall): void => {
      const [question] = query.questions;
      const label = String.fromCharCode(...(question?.name.slice(1, 1 + (question.name[0] ?? 0)) ?? []));
      const owner = `${label}.victim.`;
      send(
        replyTo(query, {
          flags: { ...query.flags, qr: true, aa: true },
          answers: [a(owner, `127.250.251.${label.replace(/\D/g, '') || '1'}`)],
        }),
      );
    };
    await using universe = await openUniverse({ servers: fanOut(victim), resolver: ['queryTimeout: 3s'] });
    assert.equal((await universe.dig('www.x.attacker.', 'A')).status, 'SERVFAIL');
    const calls = universe.servers[12]?.calls.length ?? 0;
    assert.ok(calls > 0 && calls <= 10, `${calls}`);
  });

  it('sends few questions and no more than the victim can say no to when the victim refuses', async () => {
    const victim = ({ query, send }: UpstreamCall): void => send(replyTo(query, { rcode: rcodes.REFUSED }));
    await using universe = await openUniverse({ servers: fanOut(victim) });
    assert.equal((await universe.dig('www.x.attacker.', 'A')).status, 'SERVFAIL');
    const calls = universe.servers[12]?.calls.length ?? 0;
    assert.ok(calls > 0 && calls <= 10, `${calls}`);
  });
});

describe('a huge referral to servers that say nothing', () => {
  it('has eight of them asked', async () => {
    const names = many(500, i => `n${i}.x.attacker.`);
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: { 'attacker.': { ns: ['ns.attacker.'], glue: [a('ns.attacker.', at(11))] } },
        },
        11: ({ query, transport, send }) => {
          const flags = { ...query.flags, qr: true };
          if (transport === 'udp') return send(replyTo(query, { flags: { ...flags, tc: true } }));
          send(
            replyTo(query, {
              flags,
              authorities: names.map(server => ns('x.attacker.', server)),
              additionals: names.map((server, i) => a(server, `127.250.${i >> 7}.${(i & 127) + 1}`)),
            }),
          );
        },
      }),
      resolver: ['queryTimeout: 2s'],
    });
    const { status } = await universe.dig('www.x.attacker.', 'A');
    assert.equal(status, 'SERVFAIL');
    const sent = await universe.metric('anycast_resolver_server_messages_total{transport="udp"}');
    assert.ok(sent > 2 && sent <= 12, `${sent}`);
  });
});
