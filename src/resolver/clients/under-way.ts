/**
 * How many questions of each client prefix are under way: counters in one array of fixed size.
 *
 * What is under way holds memory and sockets for as long as somebody else's name servers like, and may be answered all at
 * once when they choose (DNSBomb, CVE-2024-33655). `prefix-slots.ts` says which counters count.
 */
import { type PrefixSlots, rows, slotsPerRow } from './prefix-slots.ts';

export interface UnderWayLimits {
  /** Questions of one host. */
  readonly questions: number;
  /** How many times as many clients may have whose address is proven. */
  readonly provenFactor: number;
}

const kinds = { unproven: 2, proven: 3 } as const;

export class UnderWay {
  readonly #limits: UnderWayLimits;
  readonly #prefixes: PrefixSlots;
  readonly #counts = new Uint32Array(rows * slotsPerRow);

  constructor(limits: UnderWayLimits, prefixes: PrefixSlots) {
    this.#limits = limits;
    this.#prefixes = prefixes;
  }

  /** Whether this client may have one more question under way. */
  hasRoom(address: string, isProven: boolean): boolean {
    const weights = this.#prefixes.locate(address, isProven ? kinds.proven : kinds.unproven);
    const { slots } = this.#prefixes;
    const most = this.#limits.questions * (isProven ? this.#limits.provenFactor : 1);
    for (let index = 0; index < weights.length; index += 1) {
      const first = this.#counts[slots[index * rows] ?? 0] ?? 0;
      const second = this.#counts[slots[index * rows + 1] ?? 0] ?? 0;
      if (Math.min(first, second) >= most * (weights[index]?.multiplier ?? 1)) return false;
    }
    return true;
  }

  begin(address: string, isProven: boolean): void {
    this.#add(address, isProven, 1);
  }

  /** For each `begin` once, with the same arguments. */
  end(address: string, isProven: boolean): void {
    this.#add(address, isProven, -1);
  }

  #add(address: string, isProven: boolean, amount: 1 | -1): void {
    const weights = this.#prefixes.locate(address, isProven ? kinds.proven : kinds.unproven);
    const { slots } = this.#prefixes;
    for (let index = 0; index < weights.length * rows; index += 1) {
      const slot = slots[index] ?? 0;
      this.#counts[slot] = (this.#counts[slot] ?? 0) + amount;
    }
  }
}
