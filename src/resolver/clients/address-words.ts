/**
 * A client's address as 32-bit words, read from the text that sockets give. It stands in the path of every query, so it
 * allocates nothing; `parseIpAddress` says what is an address, this only says the same of addresses, faster.
 */

/** 32-bit words in network order of value: one for IPv4, four for IPv6. */
export const addressWords = 4;

/** An address that has been read: `wordCount` of the words count, 0 for what is none. */
export interface AddressWords {
  readonly words: Int32Array;
  readonly wordCount: 0 | 1 | 4;
}

/**
 * Writes the address into `words` and gives how many it has: 1 for IPv4 and IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2),
 * 4 for IPv6, 0 when `text` is plainly none. A zone (`fe80::1%eth0`) is left out. `words` has room for four.
 */
export function readAddressWords(text: string, words: Int32Array): 0 | 1 | 4 {
  if (!text.includes(':')) {
    const word = readQuad(text, 0);
    words[0] = word ?? 0;
    return word === undefined ? 0 : 1;
  }
  if (!readGroups(text, words)) return 0;
  if (words[0] !== 0 || words[1] !== 0 || words[2] !== 0xffff) return 4;
  words[0] = words[3] ?? 0;
  return 1;
}

const dot = 46;
const colon = 58;
const percent = 37;

/** A dotted quad from `start` to the end, or to a zone. */
function readQuad(text: string, start: number): number | undefined {
  let word = 0;
  let octet = -1;
  let dots = 0;
  for (let index = start; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (char === percent) break;
    if (char === dot) {
      if (octet < 0) return undefined;
      word = (word << 8) | octet;
      octet = -1;
      dots += 1;
      continue;
    }
    const digit = char - 48;
    if (digit < 0 || digit > 9) return undefined;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return undefined;
  }
  return octet < 0 || dots !== 3 ? undefined : (word << 8) | octet;
}

/** The eight groups of an IPv6 address; those of a `::` are zero. */
function readGroups(text: string, words: Int32Array): boolean {
  words.fill(0, 0, addressWords);
  const quadAt = startOfQuad(text);
  const stop = quadAt < 0 ? text.length : quadAt;
  let count = 0;
  /** Groups before `::`. */
  let head = -1;
  let index = 0;
  while (index < stop && text.charCodeAt(index) !== percent) {
    if (text.charCodeAt(index) === colon) {
      if (text.charCodeAt(index + 1) === colon) head = count;
      index += 1;
      continue;
    }
    const end = groupEnd(text, index);
    const group = readHex(text, index, end);
    if (group < 0 || count === 8) return false;
    setGroup(words, count, group);
    count += 1;
    index = end;
  }
  if (quadAt >= 0) {
    if (count > 6 || !setQuad(words, count, readQuad(text, quadAt))) return false;
    count += 2;
  }
  if (head < 0) return count === 8;
  moveToEnd(words, head, count);
  return count < 8;
}

/** Where the dotted quad at the end of an address begins, -1 when there is none. A zone may have dots too: `eth0.7`. */
function startOfQuad(text: string): number {
  const dotAt = text.indexOf('.');
  const zoneAt = text.indexOf('%');
  return dotAt < 0 || (zoneAt >= 0 && zoneAt < dotAt) ? -1 : text.lastIndexOf(':', dotAt) + 1;
}

function groupEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length) {
    const char = text.charCodeAt(end);
    if (char === colon || char === dot || char === percent) break;
    end += 1;
  }
  return end;
}

function readHex(text: string, start: number, end: number): number {
  if (end === start || end - start > 4) return -1;
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const char = text.charCodeAt(index) | 0x20;
    const digit = char >= 97 ? char - 87 : char - 48;
    if (digit < 0 || digit > 15) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

function setGroup(words: Int32Array, at: number, group: number): void {
  const word = words[at >> 1] ?? 0;
  words[at >> 1] = at & 1 ? (word & ~0xffff) | group : (word & 0xffff) | (group << 16);
}

function setQuad(words: Int32Array, at: number, quad: number | undefined): boolean {
  if (quad === undefined) return false;
  setGroup(words, at, quad >>> 16);
  setGroup(words, at + 1, quad & 0xffff);
  return true;
}

function groupAt(words: Int32Array, at: number): number {
  const word = words[at >> 1] ?? 0;
  return at & 1 ? word & 0xffff : word >>> 16;
}

/** Moves the groups from `head` on to the end, where those after `::` belong. */
function moveToEnd(words: Int32Array, head: number, count: number): void {
  const shift = 8 - count;
  if (shift <= 0) return;
  for (let at = count - 1; at >= head; at -= 1) {
    setGroup(words, at + shift, groupAt(words, at));
    setGroup(words, at, 0);
  }
}
