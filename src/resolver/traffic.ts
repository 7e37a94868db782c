/**
 * Queries and replies as they pass, counted by closed sets: never by a name, never by a client.
 *
 * The query path bumps numbers in typed arrays, at an index worked out of small integers; it builds no key and allocates
 * nothing. `traffic-told.ts` gives the numbers their labels when somebody reads them. All of them lie in one array, so that
 * threads may count in memory of their own, to be added up.
 */
import type { Message } from '../dns/message.ts';
import { rcodeName, rcodes } from '../dns/rcode.ts';
import { recordTypes } from '../dns/record-type.ts';
import { Histogram } from './histogram.ts';
import type { Client } from './listeners/client.ts';
import type { Reply } from './reply.ts';
import { type Transport, transports } from './transport.ts';

/** Where a reply comes from: `Reply.origin`, or `local` where that is absent. */
export const origins = ['local', 'cache', 'stale', 'resolved'] as const;
export type Origin = (typeof origins)[number];

/** The rcodes this resolver replies with that have a label of their own; others count as `other`. */
export const replyCodes = [
  rcodes.NOERROR,
  rcodes.FORMERR,
  rcodes.SERVFAIL,
  rcodes.NXDOMAIN,
  rcodes.NOTIMP,
  rcodes.REFUSED,
  rcodes.YXDOMAIN,
  rcodes.BADVERS,
  rcodes.BADCOOKIE,
] as const;
export const rcodeLabels: readonly string[] = [...replyCodes.map(rcodeName), 'other'];

/** The types that are told apart, as CoreDNS tells them and the newer ones; others count as `other`. */
const queryTypes = [
  'A',
  'AAAA',
  'ANY',
  'CAA',
  'CNAME',
  'DNSKEY',
  'DS',
  'HTTPS',
  'MX',
  'NAPTR',
  'NS',
  'NSEC',
  'PTR',
  'RRSIG',
  'SOA',
  'SRV',
  'SVCB',
  'TLSA',
  'TXT',
] as const satisfies readonly (keyof typeof recordTypes)[];
export const typeLabels: readonly string[] = [...queryTypes, 'other'];

export const families = [4, 6] as const;

/**
 * Upper bounds in milliseconds. Cached answers fall under 1; then network distances; then the default upstreamTimeout
 * (800) and queryTimeout (4000), so that a jump in either shows.
 */
const latencyBoundsMs = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 800, 1600, 4000] as const;

/** Octets: 512 and 1232 are the UDP limits, 1410 what an Ethernet frame holds of an encrypted message; 65 535 is the end. */
const sizeBounds = [64, 128, 256, 512, 768, 1232, 1410, 2048, 4096, 8192, 16_384, 32_768, 65_535] as const;

const transportIndex = indexOf(transports);
const originIndex = indexOf(origins);
const rcodeSlots = slots(replyCodes, 24);
const typeSlots = slots(
  queryTypes.map(name => recordTypes[name]),
  258,
);

const replySeriesCount = transports.length * rcodeLabels.length * origins.length;

/** Where the parts lie among the numbers. */
const scalars = { edns: 0, dnssecOk: 1, truncated: 2, underWay: 3 } as const;
const queriesAt = 4;
const typesAt = queriesAt + transports.length * families.length;
const latencyAt = typesAt + typeLabels.length;
const sizesAt = latencyAt + Histogram.numbersOf(latencyBoundsMs, replySeriesCount);
/** How many numbers `Traffic` counts in. */
export const trafficNumbers = sizesAt + Histogram.numbersOf(sizeBounds, transports.length);

/** A query over UDP that was dealt with at once: what is counted of it. */
export interface PassedQuery {
  readonly family: 4 | 6;
  readonly type: number;
  readonly hasEdns: boolean;
  readonly dnssecOk: boolean;
  /** Octets of the reply; 0 where none was sent. */
  readonly replySize: number;
  readonly rcode: number;
  readonly origin: Origin;
  readonly isTruncated: boolean;
}

export class Traffic {
  readonly #numbers: Float64Array;
  /** Milliseconds, by transport, rcode and origin; its counts are the counts of replies. */
  readonly latency: Histogram;
  /** Octets of replies, by transport. */
  readonly sizes: Histogram;

  constructor(numbers: Float64Array = new Float64Array(trafficNumbers)) {
    this.#numbers = numbers;
    this.latency = new Histogram(latencyBoundsMs, replySeriesCount, numbers.subarray(latencyAt, sizesAt));
    this.sizes = new Histogram(sizeBounds, transports.length, numbers.subarray(sizesAt, trafficNumbers));
  }

  /** Queries with an OPT record. */
  get edns(): number {
    return this.#numbers[scalars.edns] ?? 0;
  }

  /** Those of them with DO. */
  get dnssecOk(): number {
    return this.#numbers[scalars.dnssecOk] ?? 0;
  }

  /** Replies with TC. */
  get truncated(): number {
    return this.#numbers[scalars.truncated] ?? 0;
  }

  /** Queries taken and neither answered nor ignored yet. */
  get underWay(): number {
    return this.#numbers[scalars.underWay] ?? 0;
  }

  /** A message has come. */
  received({ transport, local }: Client): void {
    this.#add(scalars.underWay, 1);
    this.#add(queriesAt + transportIndex[transport] * families.length + (local.family === 6 ? 1 : 0), 1);
  }

  /** It gets no reply. */
  ignored(): void {
    this.#add(scalars.underWay, -1);
  }

  /** It is a query. */
  asked({ questions, edns }: Message): void {
    this.#asked(questions[0]?.type ?? typeSlots.length, edns !== undefined, edns?.dnssecOk === true);
  }

  /** These octets of a reply were sent, so long after the query had come. */
  replied(transport: Transport, { rcode, origin }: Reply, octets: Uint8Array, ms: number): void {
    this.#add(scalars.underWay, -1);
    const over = transportIndex[transport];
    this.latency.record(
      replySeries(over, rcodeSlots[rcode] ?? replyCodes.length, originIndex[origin ?? 'local']),
      ms,
    );
    this.sizes.record(over, octets.length);
    if (((octets[2] ?? 0) & 0x02) !== 0) this.#add(scalars.truncated, 1);
  }

  /** All of the above at once, no time having passed. Allocates nothing. */
  passed(query: PassedQuery): void {
    const over = transportIndex.udp;
    this.#add(queriesAt + over * families.length + (query.family === 6 ? 1 : 0), 1);
    this.#asked(query.type, query.hasEdns, query.dnssecOk);
    if (query.replySize === 0) return;
    const code = rcodeSlots[query.rcode] ?? replyCodes.length;
    this.latency.record(replySeries(over, code, originIndex[query.origin]), 0);
    this.sizes.record(over, query.replySize);
    if (query.isTruncated) this.#add(scalars.truncated, 1);
  }

  /** Adds what was counted elsewhere: `trafficNumbers` numbers. */
  add(numbers: Float64Array): void {
    for (let at = 0; at < trafficNumbers; at += 1) this.#add(at, numbers[at] ?? 0);
  }

  #asked(type: number, hasEdns: boolean, dnssecOk: boolean): void {
    const slot = type < typeSlots.length ? typeSlots[type] : undefined;
    this.#add(typesAt + (slot ?? typeLabels.length - 1), 1);
    if (!hasEdns) return;
    this.#add(scalars.edns, 1);
    if (dnssecOk) this.#add(scalars.dnssecOk, 1);
  }

  #add(at: number, amount: number): void {
    this.#numbers[at] = (this.#numbers[at] ?? 0) + amount;
  }

  queries(transport: Transport, family: 4 | 6): number {
    const at = transportIndex[transport] * families.length + (family === 6 ? 1 : 0);
    return this.#numbers[queriesAt + at] ?? 0;
  }

  /** In the order of `typeLabels`. */
  get types(): readonly number[] {
    return [...this.#numbers.subarray(typesAt, latencyAt)];
  }

  /** Messages received, by transport. */
  get queriesByTransport(): Record<Transport, number> {
    const sums = transports.map(each => [each, this.queries(each, 4) + this.queries(each, 6)] as const);
    return Object.fromEntries(sums) as Record<Transport, number>;
  }
}

/** The number of a series of `Traffic.latency`; indexes into `transports`, `rcodeLabels` and `origins`. */
export function replySeries(transport: number, rcode: number, origin: number): number {
  return (transport * rcodeLabels.length + rcode) * origins.length + origin;
}

function indexOf<Key extends string>(keys: readonly Key[]): Readonly<Record<Key, number>> {
  return Object.fromEntries(keys.map((key, index) => [key, index])) as Record<Key, number>;
}

/** A look-up from small numbers to their place in `known`; all others have the place after the last. */
function slots(known: readonly number[], size: number): Uint8Array {
  const table = new Uint8Array(size).fill(known.length);
  for (const [index, value] of known.entries()) table[value] = index;
  return table;
}
