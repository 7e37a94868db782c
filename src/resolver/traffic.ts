/**
 * Queries and replies as they pass, counted by closed sets: never by a name, never by a client.
 *
 * The query path bumps numbers in typed arrays, at an index worked out of small integers; it builds no key and allocates
 * nothing. `traffic-told.ts` gives the numbers their labels when somebody reads them.
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

export class Traffic {
  /** By transport and family. */
  readonly #queries = new Float64Array(transports.length * families.length);
  readonly #types = new Float64Array(typeLabels.length);
  /** Milliseconds, by transport, rcode and origin; its counts are the counts of replies. */
  readonly latency = new Histogram(latencyBoundsMs, transports.length * rcodeLabels.length * origins.length);
  /** Octets of replies, by transport. */
  readonly sizes = new Histogram(sizeBounds, transports.length);
  /** Queries with an OPT record, those of them with DO. */
  edns = 0;
  dnssecOk = 0;
  /** Replies with TC. */
  truncated = 0;
  /** Queries taken and neither answered nor ignored yet. */
  underWay = 0;

  /** A message has come. */
  received({ transport, local }: Client): void {
    this.underWay += 1;
    const at = transportIndex[transport] * families.length + (local.family === 6 ? 1 : 0);
    this.#queries[at] = (this.#queries[at] ?? 0) + 1;
  }

  /** It gets no reply. */
  ignored(): void {
    this.underWay -= 1;
  }

  /** It is a query. */
  asked({ questions, edns }: Message): void {
    const [question] = questions;
    const slot = question && question.type < typeSlots.length ? typeSlots[question.type] : undefined;
    const at = slot ?? typeLabels.length - 1;
    this.#types[at] = (this.#types[at] ?? 0) + 1;
    if (!edns) return;
    this.edns += 1;
    if (edns.dnssecOk) this.dnssecOk += 1;
  }

  /** These octets of a reply were sent, so long after the query had come. */
  replied(transport: Transport, { rcode, origin }: Reply, octets: Uint8Array, ms: number): void {
    this.underWay -= 1;
    const over = transportIndex[transport];
    this.latency.record(
      replySeries(over, rcodeSlots[rcode] ?? replyCodes.length, originIndex[origin ?? 'local']),
      ms,
    );
    this.sizes.record(over, octets.length);
    if (((octets[2] ?? 0) & 0x02) !== 0) this.truncated += 1;
  }

  queries(transport: Transport, family: 4 | 6): number {
    return this.#queries[transportIndex[transport] * families.length + (family === 6 ? 1 : 0)] ?? 0;
  }

  /** In the order of `typeLabels`. */
  get types(): readonly number[] {
    return [...this.#types];
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
