/** Answers that cost more to take than they are worth (CAMP and its kin): long ones, and names that expand to many octets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeMessage, type ResourceRecord } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { openUniverse, type ServerScript } from '../iterator/universe.ts';
import { a, cname, ns, txt } from '../messages.ts';
import { replyTo, type UpstreamCall } from '../scripted-upstream.ts';

const exhausted = (limit: string): string => `anycast_resolver_budget_exhausted_total{limit="${limit}"}`;

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

/** Each name is an alias of the next. */
function aliasOf({ query }: UpstreamCall): ResourceRecord {
  const owner = formatName(query.questions[0]?.name ?? new Uint8Array([0]));
  const number = Number(/^c(\d+)\./i.exec(owner)?.[1] ?? 0);
  return cname(owner, `c${number + 1}.attacker.`, 0);
}

/** Some 60 KB of which nothing was asked for, over TCP. */
function long(call: UpstreamCall): void {
  const { query, transport, send } = call;
  const flags = { ...query.flags, qr: true, aa: true, tc: transport === 'udp' };
  const filling = Array.from({ length: 250 }, () => txt('filling.attacker.', 'x'.repeat(220)));
  const records = { answers: [aliasOf(call)], additionals: filling };
  send(replyTo(query, { flags, ...(transport === 'tcp' && records) }));
}

/** As many different names as a datagram holds, each a short label and a pointer to a name of 240 octets. */
function compressed(call: UpstreamCall): void {
  const { query, send } = call;
  const flags = { ...query.flags, qr: true, aa: true };
  const base = `${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.${'w'.repeat(40)}.attacker.`;
  const names = Array.from({ length: 45 }, (_, index) => ns('attacker.', `${index % 10}${index}.${base}`));
  const octets = encodeMessage(replyTo(query, { flags, answers: [aliasOf(call)], authorities: names }));
  assert.ok(octets.length <= 1232, `${octets.length}`);
  send(octets);
}

const well: ServerScript = { origin: 'well.', records: [a('www.well.', '192.0.2.1')] };

function rootWithWell(at: (octet: number) => string): ServerScript {
  return {
    origin: '.',
    records: [],
    delegations: {
      'attacker.': { ns: ['ns.attacker.'], glue: [a('ns.attacker.', at(11))] },
      'well.': { ns: ['ns.well.'], glue: [a('ns.well.', at(12))] },
    },
  };
}

describe('answers that are expensive to take', () => {
  it('end the question when they are 256 KiB in all', async () => {
    await using universe = await openUniverse({ servers: attackedBy(long) });
    const { status, text } = await universe.dig('c0.attacker.', 'A');
    assert.equal(status, 'SERVFAIL');
    assert.match(text, /EDE: 0 .*budget exhausted: bytes/);
    const answered = universe.servers[11]?.calls.filter(({ transport }) => transport === 'tcp').length ?? 0;
    assert.ok(answered >= 4 && answered <= 6, `${answered}`);
    assert.equal(await universe.metric(exhausted('bytes')), 1);
  });

  it('end the question when their names expand to more than it may cost', async () => {
    await using universe = await openUniverse({
      servers: attackedBy(compressed),
      resolver: ['budget: { nameBytes: 65536 }'],
    });
    const { status, text } = await universe.dig('c0.attacker.', 'A');
    assert.equal(status, 'SERVFAIL');
    assert.match(text, /EDE: 0 .*budget exhausted: nameBytes/);
    assert.ok(universe.sent() <= 10, `${universe.sent()}`);
    assert.equal(await universe.metric(exhausted('nameBytes')), 1);
  });

  it('leave the next client its own budget', async () => {
    await using universe = await openUniverse({
      servers: at => ({ ...attackedBy(long)(at), 10: rootWithWell(at), 12: well }),
    });
    assert.equal((await universe.dig('c0.attacker.', 'A')).status, 'SERVFAIL');
    assert.deepEqual((await universe.dig('www.well.', 'A')).answers, ['www.well. 300 IN A 192.0.2.1']);
  });
});
