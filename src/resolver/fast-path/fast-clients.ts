/** What the configuration says of a client's address, as words: whether it is admitted, is limited, is one of our own. */
import { type AddressWords, addressWords } from '../clients/address-words.ts';
import { containsWords, type WordPrefix } from '../clients/exempt-clients.ts';

/** Bits of what is said. */
export const standings = { admitted: 1, exempt: 2, own: 4 } as const;

/** As it is given to threads. */
export interface ClientLists {
  readonly admitted: readonly WordPrefix[];
  readonly exempt: readonly WordPrefix[];
  readonly own: readonly WordPrefix[];
}

/** Clients remembered, a power of two; each has one place, where the last to come is. */
const remembered = 4096;
/** How a client is remembered: the number of words and the words. */
const placeWords = 1 + addressWords;

export class FastClients {
  readonly #lists: ClientLists;
  readonly #known = new Int32Array(remembered * placeWords);
  readonly #standings = new Uint8Array(remembered);

  constructor(lists: ClientLists) {
    this.#lists = lists;
  }

  /** Bits of `standings`. */
  standingOf(client: AddressWords): number {
    const { words, wordCount } = client;
    let mixed = 0;
    for (let index = 0; index < wordCount; index += 1)
      mixed = Math.imul(mixed ^ (words[index] ?? 0), 0x9e3779b1);
    const place = (mixed ^ (mixed >>> 15)) & (remembered - 1);
    const at = place * placeWords;
    const known = this.#known;
    let isKnown = known[at] === wordCount;
    for (let index = 0; index < wordCount; index += 1) isKnown &&= known[at + 1 + index] === words[index];
    if (isKnown) return this.#standings[place] ?? 0;
    known[at] = wordCount;
    for (let index = 0; index < wordCount; index += 1) known[at + 1 + index] = words[index] ?? 0;
    const standing = this.#judge(client);
    this.#standings[place] = standing;
    return standing;
  }

  #judge(client: AddressWords): number {
    const { admitted, exempt, own } = this.#lists;
    return (
      (isIn(admitted, client) ? standings.admitted : 0) |
      (isIn(exempt, client) ? standings.exempt : 0) |
      (isIn(own, client) ? standings.own : 0)
    );
  }
}

function isIn(prefixes: readonly WordPrefix[], { words, wordCount }: AddressWords): boolean {
  for (const prefix of prefixes)
    if (prefix.words.length === wordCount && containsWords(prefix, words)) return true;
  return false;
}
