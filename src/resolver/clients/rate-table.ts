/**
 * How fast each client prefix asks: leaky buckets in one array of fixed size.
 *
 * A slot is one number: when its bucket will have run empty (the theoretical arrival time of GCRA, ITU-T I.371). So decay is
 * exact and costs nothing, and one array serves prefixes of every length: a query adds the time that the prefix's rate needs
 * for one, and may pass while no bucket is further ahead than the burst. `prefix-slots.ts` says which slots count.
 *
 * What always holds: of one prefix never more pass in a span than burst + rate x span, since a slot is never behind what it
 * stands for. What does not pass adds nothing, so at most (queries passed per second) / (rate) host buckets can be full at
 * once; the chance that both slots of somebody else are among them is the square of that over `slotsPerRow`: at 40 000
 * queries a second and 2000 a host, one in ten million.
 *
 * Several threads count in one table. Nobody waits: of two that write a slot in the same moment one may be lost, so that a
 * network whose queries meet several threads passes a little more than its rate. The worst is a flood of hits from one
 * address over all threads, where the loss is the share of a query's time that lies between its read and its write.
 */
import type { AddressWords } from './address-words.ts';
import { mostPrefixes, type PrefixSlots, type PrefixWeight, rows, slotsPerRow } from './prefix-slots.ts';

export interface RateLimits {
  /** Queries per second of one host. */
  readonly perSecond: number;
  /** Queries of one host at once, before `perSecond` counts. */
  readonly burst: number;
  /** How many times as much clients may whose address is proven. */
  readonly provenFactor: number;
}

/** Rounding of sums must not cost a client the last query of its burst. */
const toleranceMs = 1e-6;

/** For `PrefixSlots.locate`: a forged flood in a client's name leaves what it asks with proof alone. */
const kinds = { unproven: 0, proven: 1 } as const;

export class RateTable {
  readonly limits: RateLimits;
  readonly #prefixes: PrefixSlots;
  /** What other threads need to count in the same slots. */
  readonly memory: SharedArrayBuffer;
  readonly #emptyAtMs: Float64Array;
  /** What the slots will hold if the query passes; scratch. */
  readonly #nextMs: Float64Array;
  readonly #queryMs: number;
  readonly #burstMs: number;
  readonly #provenFactor: number;

  /** `memory`: of another thread's table with the same limits and the same key of the slots. */
  constructor(
    limits: RateLimits,
    prefixes: PrefixSlots,
    memory = new SharedArrayBuffer(rows * slotsPerRow * Float64Array.BYTES_PER_ELEMENT),
  ) {
    this.limits = limits;
    this.#prefixes = prefixes;
    this.memory = memory;
    this.#emptyAtMs = new Float64Array(memory);
    this.#nextMs = new Float64Array(mostPrefixes);
    this.#queryMs = 1000 / limits.perSecond;
    this.#burstMs = (limits.burst * 1000) / limits.perSecond;
    this.#provenFactor = limits.provenFactor;
  }

  /** Octets it takes, whoever asks. */
  get octets(): number {
    return this.#emptyAtMs.byteLength;
  }

  /** Counts a query of this client and says whether it may pass; one that may not counts nothing. `nowMs` never steps back. */
  admit(address: string, isProven: boolean, nowMs: number): boolean {
    const weights = this.#prefixes.locate(address, isProven ? kinds.proven : kinds.unproven);
    return this.#admit(weights, isProven, nowMs);
  }

  /** As `admit`, of an address that has been read. */
  admitWords(address: AddressWords, isProven: boolean, nowMs: number): boolean {
    const weights = this.#prefixes.locateWords(address, isProven ? kinds.proven : kinds.unproven);
    return this.#admit(weights, isProven, nowMs);
  }

  #admit(weights: readonly PrefixWeight[], isProven: boolean, nowMs: number): boolean {
    const { slots } = this.#prefixes;
    const emptyAt = this.#emptyAtMs;
    const hostMs = isProven ? this.#queryMs / this.#provenFactor : this.#queryMs;
    const latestMs = nowMs + this.#burstMs + toleranceMs;
    for (let index = 0; index < weights.length; index += 1) {
      const first = emptyAt[slots[index * rows] ?? 0] ?? 0;
      const second = emptyAt[slots[index * rows + 1] ?? 0] ?? 0;
      const next = Math.max(nowMs, Math.min(first, second)) + hostMs / (weights[index]?.multiplier ?? 1);
      if (next > latestMs) return false;
      this.#nextMs[index] = next;
    }
    for (let index = 0; index < weights.length * rows; index += 1) {
      const slot = slots[index] ?? 0;
      const next = this.#nextMs[index >> 1] ?? 0;
      // Never back: another prefix may share the slot and be further ahead.
      if ((emptyAt[slot] ?? 0) < next) emptyAt[slot] = next;
    }
    return true;
  }
}
