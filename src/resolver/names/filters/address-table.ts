/** Prefixes with something to find by an address in them, the longest first. */
import type { IpPrefix } from '../../../ip/prefix.ts';

export class AddressTable<Value> {
  /** By family, prefix lengths from the longest on, each with its prefixes by their octets. */
  readonly #lengths: Record<4 | 16, { length: number; values: Map<string, Value> }[]> = { 4: [], 16: [] };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** What is there for the prefix already stays. */
  add({ octets, length }: IpPrefix, value: Value): void {
    const lengths = this.#lengths[octets.length === 4 ? 4 : 16];
    let entry = lengths.find(each => each.length === length);
    if (!entry) {
      entry = { length, values: new Map() };
      lengths.push(entry);
      lengths.sort((first, second) => second.length - first.length);
    }
    const key = keyOf(octets, length);
    if (entry.values.has(key)) return;
    entry.values.set(key, value);
    this.#size += 1;
  }

  find(octets: Uint8Array): { readonly value: Value; readonly length: number } | undefined {
    if (octets.length !== 4 && octets.length !== 16) return undefined;
    for (const { length, values } of this.#lengths[octets.length]) {
      const value = values.get(keyOf(octets, length));
      if (value !== undefined) return { value, length };
    }
    return undefined;
  }
}

/** The first `length` bits, a character an octet. */
function keyOf(octets: Uint8Array, length: number): string {
  let key = '';
  for (let index = 0; index * 8 < length; index += 1) {
    const bits = Math.min(8, length - index * 8);
    key += String.fromCharCode((octets[index] ?? 0) & (0xff << (8 - bits)));
  }
  return key;
}
