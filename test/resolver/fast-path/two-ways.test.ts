import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeMessage, type Question, type ResourceRecord } from '../../../src/dns/message.ts';
import { formatName } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { emptyReply, type Reply } from '../../../src/resolver/reply.ts';
import { trafficTold } from '../../../src/resolver/traffic-told.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { a, cname, query, rrsig, soa, txt } from '../messages.ts';
import { type FastWorld, openFastWorld } from './fast-world.ts';
import { generatedQuery, randomFrom } from './generated-queries.ts';

const seed = 20_260_726;
const queries = 100_000;

function reply(answers: readonly ResourceRecord[], fields: Partial<Reply> = {}): Reply {
  return { ...emptyReply(rcodes.NOERROR), answers, origin: 'resolved', isCacheable: true, ...fields };
}

const denial = { authorities: [soa('zone.test', { minimum: 37 })] };
const signature = (owner: string) => rrsig(owner, { covers: 'A', labels: 3, signer: 'zone.test' });

/** Around 512 octets with some options and not with others: by the number in the name an octet more. */
function edgeText(owner: string): ResourceRecord {
  const [number = '0'] = /\d+/.exec(owner) ?? [];
  const strings = [new Uint8Array(200), new Uint8Array(215 + (Number(number) % 20))];
  return { ...txt(owner, '', 90), rdata: { kind: 'TXT', strings } };
}

/** What name servers would say. */
function resolved({ name, type }: Question): Reply {
  const text = formatName(name).toLowerCase();
  const owner = text === '.' ? '.' : text.slice(0, -1);
  if (owner === 'failing.zone.test') return emptyReply(rcodes.SERVFAIL, 'noReachableAuthority');
  if (owner === 'gone.zone.test') return reply([], { rcode: rcodes.NXDOMAIN, ...denial });
  if (owner === 'empty.zone.test' || (type !== recordTypes.A && type !== recordTypes.TXT))
    return reply([], denial);
  if (type === recordTypes.TXT) return reply([edgeText(owner)]);
  if (owner === 'alias.zone.test')
    return reply([cname(owner, 'host-1.zone.test', 60), a('host-1.zone.test', '198.18.1.1', 45)]);
  if (owner === 'chain.zone.test')
    return reply([
      cname(owner, 'one.other.test'),
      cname('one.other.test', 'Two.Zone.test'),
      a('Two.Zone.test', '198.18.1.2', 20),
    ]);
  if (owner === 'signed.zone.test') return reply([a(owner, '198.18.1.3'), signature(owner)]);
  if (owner === 'large.zone.test')
    return reply(Array.from({ length: 24 }, (_, index) => a(owner, `198.18.2.${index}`)));
  if (owner === 'huge.zone.test')
    return reply(Array.from({ length: 90 }, (_, index) => a(owner, `198.18.3.${index}`)));
  if (owner === 'private.zone.test') return reply([a(owner, '10.0.0.1'), a(owner, '198.18.1.4')]);
  if (owner === 'short.zone.test') return reply([a(owner, '198.18.1.5', 2)]);
  return reply([a(owner, '198.18.1.6', 100), a(owner, '198.18.1.7', 100)]);
}

async function opened(list: string, clock = fakeClock(1_750_000_000_000), isOwn = false): Promise<FastWorld> {
  return await openFastWorld({
    clock,
    isOwn,
    resolve: resolved,
    clients: [
      'rateLimit: { perSecond: 40, burst: 400, slip: 3 }',
      'provenFactor: 2',
      'exempt: [198.51.100.0/24]',
    ],
    resolver: [
      `names: { specialUse: { except: [test.] }, records: ['own.local.test. 60 A 198.18.4.1'],
         steered: [{ name: steered.local.test, rules: [{ clients: [198.18.0.0/24], addresses: [198.18.4.2] }], default: [198.18.4.3] }],
         blockLists: [{ file: ${list}/passed, action: pass }, { file: ${list}/blocked }], rebinding: {} }`,
    ],
  });
}

async function lists() {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, 'blocked'), 'blocked.test\npassed.test\n');
  await writeFile(join(folder.path, 'passed'), 'passed.test\n');
  return folder;
}

function counted({ counters, clients, names, source, cache }: FastWorld) {
  source.gather();
  const { traffic, ...others } = counters;
  return {
    traffic: trafficTold(traffic).map(({ name, read }) => [name, read()]),
    others: structuredClone(others),
    clients: structuredClone(clients.counters),
    names: structuredClone(names.counters),
    entries: cache.size.entries,
  };
}

for (const isOwn of [false, true])
  it(`the fast path of ${isOwn ? 'the resolver’s own' : 'a'} thread answers as the pipeline alone does, octet for octet and counter for counter (seed ${seed})`, async () => {
    await using folder = await lists();
    const clock = fakeClock(1_750_000_000_000);
    await using alone = await opened(folder.path, clock);
    await using both = await opened(folder.path, clock, isOwn);
    const random = randomFrom(seed);
    let fast = 0;
    let silent = 0;
    for (let index = 0; index < queries; index += 1) {
      if (index % 500 === 0) await clock.advance(Math.floor(random() * 3000));
      const { octets, address } = generatedQuery(random, clock.wallMs());
      const expected = alone.askPipeline(octets, address).octets;
      const given = both.ask(octets, address);
      if (!isSame(given.octets, expected))
        assert.deepEqual(given.octets, expected, `query ${index} from ${address}: ${hex(octets)}`);
      if (given.isFast) fast += 1;
      if (given.isFast && !given.octets) silent += 1;
    }
    assert.deepEqual(counted(both), counted(alone));
    assert.ok(fast > queries / 4, `only ${fast} were answered fast`);
    assert.ok(silent > 100, `only ${silent} were dropped fast`);
  });

describe('the fast path', () => {
  it('throws for no octets, and answers as the pipeline does', async () => {
    await using folder = await lists();
    const clock = fakeClock(1_750_000_000_000);
    await using alone = await opened(folder.path, clock);
    await using both = await opened(folder.path, clock);
    const random = randomFrom(seed);
    const known = Array.from({ length: 200 }, () => generatedQuery(random, clock.wallMs()).octets);
    for (const octets of [...known, ...known, ...known]) {
      alone.askPipeline(octets, '198.51.100.9');
      both.ask(octets, '198.51.100.9');
    }
    const changes = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 });
    const changed = fc.tuple(fc.constantFrom(...known), changes).map(([octets, list]) => {
      const copy = Uint8Array.from(octets);
      for (const [at, octet] of list) copy[at % copy.length] = octet;
      return copy;
    });
    const any = fc.oneof(fc.uint8Array({ maxLength: 300 }), changed);
    fc.assert(
      fc.property(any, octets => {
        const expected = alone.askPipeline(octets, '198.51.100.9').octets;
        assert.deepEqual(both.ask(octets, '198.51.100.9').octets, expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('hands everything over while it has other settings than the table', async () => {
    await using folder = await lists();
    await using world = await opened(folder.path);
    const octets = Uint8Array.from(encodeMessage(query('host-1.zone.test')));
    const isFast = (): boolean => world.ask(octets).isFast;
    assert.deepEqual([isFast(), isFast(), isFast()], [false, false, true]);
    world.source.renew();
    assert.deepEqual([isFast(), isFast()], [false, true]);
    // The thread has not heard of it yet.
    world.source.onRenewed = () => undefined;
    world.source.renew();
    assert.deepEqual([isFast(), isFast()], [false, false]);
    world.beginAnew();
    assert.equal(isFast(), true);
  });

  it('of the resolver’s own thread has the new settings at once', async () => {
    await using folder = await lists();
    await using world = await opened(folder.path, fakeClock(1_750_000_000_000), true);
    const octets = Uint8Array.from(encodeMessage(query('host-1.zone.test')));
    const isFast = (): boolean => world.ask(octets).isFast;
    assert.deepEqual([isFast(), isFast(), isFast()], [false, false, true]);
    world.source.renew();
    assert.deepEqual([isFast(), isFast()], [false, true]);
  });
});

function isSame(given: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  return given === expected || (!!given && !!expected && Buffer.compare(given, expected) === 0);
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
