/**
 * What the caches take of the process's memory beside what they count, per entry: `node --expose-gc test/bench/cache-memory.ts`.
 *
 * The constants of `rrset-cache.ts` and `answer-cache.ts` come from here. A cache's octets must not be less than what the
 * heap and its array buffers grow by, or `cache.maxBytes` would not be a bound.
 */
import { decodeMessage, encodeMessage, type ResourceRecord } from '../../src/dns/message.ts';
import { recordTypes } from '../../src/dns/record-type.ts';
import { AnswerCache } from '../../src/resolver/cache/answer-cache.ts';
import { type Rank, ranks } from '../../src/resolver/cache/rrset.ts';
import { RRsetCache } from '../../src/resolver/cache/rrset-cache.ts';
import { systemClock } from '../../src/system/clock.ts';
import { a, name, ns, query, question, soa } from '../resolver/messages.ts';

const limits = { minSeconds: 0, maxSeconds: 86_400, maxNegativeSeconds: 3600 };
const count = 100_000;
const room = 2 ** 32;

/** `hold` keeps what was filled alive until it is measured. */
function measure(what: string, fill: () => { octets: number; entries: number; hold: object }): void {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const { octets, entries, hold } = fill();
  globalThis.gc?.();
  globalThis.gc?.();
  const after = process.memoryUsage();
  const used = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
  const each = (total: number): string => String(Math.round(total / entries)).padStart(6);
  process.stdout.write(
    `${what.padEnd(16)}${each(used)} measured ${each(octets)} counted, octets per entry of a ${hold.constructor.name}\n`,
  );
}

function rrsets(
  recordsOf: (owner: string) => readonly ResourceRecord[],
  rank: Rank = ranks.authoritativeAnswer,
) {
  const cache = new RRsetCache({ maxOctets: room, limits, clock: systemClock });
  for (let index = 0; index < count; index += 1) {
    const records = recordsOf(`host-${index}.example.`);
    const [first] = records;
    if (!first) throw new Error('no records');
    cache.keep({ name: first.name, type: first.type, class: 1, ttl: 300, records, signatures: [] }, rank);
  }
  return { ...cache.size, hold: cache };
}

function denials(type: number | undefined) {
  const cache = new RRsetCache({ maxOctets: room, limits, clock: systemClock });
  for (let index = 0; index < count; index += 1)
    cache.keepDenial({
      name: name(`host-${index}.example.`),
      type,
      class: 1,
      ttl: 300,
      proof: [soa('example.')],
    });
  return { ...cache.size, hold: cache };
}

function answers(recordsOf: (owner: string) => readonly ResourceRecord[]) {
  const cache = new AnswerCache(room);
  for (let index = 0; index < count; index += 1) {
    const owner = `host-${index}.example.`;
    // As an upstream's message arrives: octets of its own, and records that are views of them.
    const octets = Uint8Array.from(encodeMessage(query(owner, 'A', { answers: recordsOf(owner) })));
    const message = decodeMessage(octets);
    const reply = {
      rcode: 0,
      authoritative: false,
      answers: message.answers,
      authorities: [],
      options: [],
    };
    const flags = { dnssecOk: false, checkingDisabled: false };
    cache.keep({ question: question(owner), flags, reply, ttlSeconds: 300 }, Date.now());
  }
  return { ...cache.size, hold: cache };
}

const one = (owner: string): ResourceRecord[] => [a(owner, '192.0.2.1')];
const four = (owner: string): ResourceRecord[] => [1, 2, 3, 4].map(last => a(owner, `192.0.2.${last}`));
const servers = (owner: string): ResourceRecord[] =>
  ['a', 'b', 'c'].map(host => ns(owner, `${host}.ns.${owner}`));

measure('warm', () => rrsets(one));
measure('RRset, 1 A', () => rrsets(one));
measure('RRset, 4 A', () => rrsets(four));
measure('RRset, 3 NS', () => rrsets(servers));
measure('NODATA', () => denials(recordTypes.A));
measure('NXDOMAIN', () => denials(undefined));
measure('answer, 1 A', () => answers(one));
measure('answer, 4 A', () => answers(four));
measure('answer, 3 NS', () => answers(servers));
