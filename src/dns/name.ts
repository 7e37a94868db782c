/**
 * Domain names as wire octets.
 *
 * A name is never a joined string: a label may hold a dot, a NUL or any other octet, and a reader that joins labels by
 * dots can be told that `www.bad` under `com` is `www.bad.com`. Text exists at the two edges only, `parseName` and
 * `formatName`. Letters keep the case they arrived in (clients compare it, see 0x20); comparison ignores ASCII case
 * (RFC 4343). Every Name is valid by construction: made by `parseName`, by the reader, or from another Name here.
 */

import { escapeOctet } from './presentation.ts';

/** Uncompressed wire form: length-prefixed labels, ending in the root's zero octet. At most 255 octets, never written to. */
export type Name = Uint8Array;

/** RFC 1035 section 2.3.4, counting length octets and the root. */
export const maxNameLength = 255;
export const maxLabelLength = 63;
/** Labels of a name without the root: each has an octet at least, and its length's. */
export const maxLabels = 127;

const space = 0x20;
const dot = 0x2e;
const digitZero = 0x30;
const digitNine = 0x39;
const backslash = 0x5c;
const lastPrintable = 0x7e;

/** What a zone file reader would take for syntax inside a name (RFC 1035 section 5.1). */
const nameSpecials = '."\\();@$';

export const rootName: Name = Uint8Array.of(0);

/**
 * Gives the name written as `text` in presentation form: labels apart by dots, `\.` for an octet that means itself,
 * `\DDD` for one by its decimal value, the trailing dot optional. Undefined for an empty label, a label over 63 or a
 * name over 255 octets, and for unescaped blanks, control characters and anything outside ASCII.
 */
export function parseName(text: string): Name | undefined {
  if (text === '.') return rootName;
  const octets = new Uint8Array(maxNameLength);
  let labelStart = 0;
  let end = 1;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) === dot) {
      if (end === labelStart + 1) return undefined;
      octets[labelStart] = end - labelStart - 1;
      labelStart = end;
      end += 1;
      continue;
    }
    const read = readOctet(text, at);
    if (!read) return undefined;
    // One octet must stay free for the root.
    if (end - labelStart > maxLabelLength || end >= maxNameLength - 1) return undefined;
    octets[end] = read.octet;
    end += 1;
    at += read.length - 1;
  }
  // With a trailing dot the label that has just begun is the root.
  if (end === labelStart + 1) return labelStart === 0 ? undefined : octets.slice(0, end);
  octets[labelStart] = end - labelStart - 1;
  return octets.slice(0, end + 1);
}

/** Presentation form, absolute, with its trailing dot; `.` for the root. `parseName` gives the same name back. */
export function formatName(name: Name): string {
  if (name.length <= 1) return '.';
  let text = '';
  for (let at = 0; at < name.length - 1; ) {
    const end = at + 1 + (name[at] ?? 0);
    for (at += 1; at < end; at += 1) text += escapeOctet(name[at] ?? 0, nameSpecials);
    text += '.';
  }
  return text;
}

/**
 * The names of a question and of its zone are made keys of a dozen times on their way, by one part after another: the last
 * two keys are kept for the next.
 */
interface KnownKey {
  readonly name: Name;
  readonly key: string;
}
let latestKey: KnownKey = { name: rootName, key: '\0' };
let earlierKey: KnownKey = latestKey;

/** Where a key's character codes are put together, by their number: the next name of that length writes over them. */
const keyCodes: number[][] = [];

/** A map key: the wire octets as one character each, ASCII letters in lower case. Equal names have equal keys. */
export function nameKey(name: Name): string {
  if (name === latestKey.name) return latestKey.key;
  if (name === earlierKey.name) return earlierKey.key;
  const codes = keyCodes[name.length] ?? [];
  keyCodes[name.length] = codes;
  // Length octets are at most 63 and the first letter is 65, so that lowering every octet alike is safe.
  for (let at = 0; at < name.length; at += 1) codes[at] = lowerOctet(name[at] ?? 0);
  const key = String.fromCharCode.apply(null, codes);
  earlierKey = latestKey;
  latestKey = { name, key };
  return key;
}

export function equalNames(a: Name, b: Name): boolean {
  return a === b || (a.length === b.length && equalTail(a, 0, b));
}

/** Whether `name` is `ancestor` or lies below it. */
export function isSubdomain(name: Name, ancestor: Name): boolean {
  let at = 0;
  while (name.length - at > ancestor.length) at += 1 + (name[at] ?? 0);
  return name.length - at === ancestor.length && equalTail(name, at, ancestor);
}

/** The name without its first label, sharing its octets; undefined for the root. */
export function parentName(name: Name): Name | undefined {
  return name.length <= 1 ? undefined : name.subarray(1 + (name[0] ?? 0));
}

/** Labels without the root: 0 for `.`, 2 for `example.com.` (the count RRSIG uses, wildcard label included). */
export function labelCount(name: Name): number {
  let count = 0;
  for (let at = 0; at < name.length - 1; at += 1 + (name[at] ?? 0)) count += 1;
  return count;
}

/** The last `labels` labels of the name, sharing its octets; the name itself when it has no more than that. */
export function ancestorName(name: Name, labels: number): Name {
  let at = 0;
  for (let excess = labelCount(name) - labels; excess > 0; excess -= 1) at += 1 + (name[at] ?? 0);
  return name.subarray(at);
}

/**
 * The name with its tail `ancestor` replaced (DNAME, RFC 6672 section 2.2); undefined when the result is over 255
 * octets, which a server answers with YXDOMAIN. `name` must lie at or below `ancestor`.
 */
export function replaceAncestor(name: Name, ancestor: Name, replacement: Name): Name | undefined {
  return joinNames(name.subarray(0, name.length - ancestor.length), replacement);
}

/** `*.` under `name`; undefined when there is no room for it. */
export function wildcardName(name: Name): Name | undefined {
  return joinNames(Uint8Array.of(1, 0x2a), name);
}

/**
 * Canonical order (RFC 4034 section 6.1): right-most label first, labels as lower-cased octet strings.
 * Negative, zero or positive, as for Array.prototype.sort.
 */
export function compareNames(a: Name, b: Name): number {
  const startsA = labelStarts(a);
  const startsB = labelStarts(b);
  for (let back = 1; back <= Math.min(startsA.length, startsB.length); back += 1) {
    const order = compareLabels(a, startsA.at(-back) ?? 0, b, startsB.at(-back) ?? 0);
    if (order !== 0) return order;
  }
  return startsA.length - startsB.length;
}

/** One octet of a label as written at `at`: a character, `\X` or `\DDD`; and how many characters that took. */
function readOctet(text: string, at: number): { octet: number; length: number } | undefined {
  const code = text.charCodeAt(at);
  if (code !== backslash)
    return code > space && code <= lastPrintable ? { octet: code, length: 1 } : undefined;
  const escaped = text.charCodeAt(at + 1);
  // False for NaN too: nothing follows the backslash.
  if (!(escaped >= space && escaped <= lastPrintable)) return undefined;
  if (escaped < digitZero || escaped > digitNine) return { octet: escaped, length: 2 };
  const digits = text.slice(at + 1, at + 4);
  if (!/^\d{3}$/.test(digits) || Number(digits) > 255) return undefined;
  return { octet: Number(digits), length: 4 };
}

function joinNames(labels: Uint8Array, name: Name): Name | undefined {
  if (labels.length + name.length > maxNameLength) return undefined;
  const joined = new Uint8Array(labels.length + name.length);
  joined.set(labels);
  joined.set(name, labels.length);
  return joined;
}

/** Writes the offsets of the labels' length octets to `starts`, left to right, without the root's; gives their number. */
export function findLabels(name: Name, starts: Uint8Array): number {
  let labels = 0;
  for (let at = 0; at < name.length - 1; at += 1 + (name[at] ?? 0)) {
    starts[labels] = at;
    labels += 1;
  }
  return labels;
}

function labelStarts(name: Name): Uint8Array {
  const starts = new Uint8Array(maxLabels);
  return starts.subarray(0, findLabels(name, starts));
}

function compareLabels(a: Name, startA: number, b: Name, startB: number): number {
  const lengthA = a[startA] ?? 0;
  const lengthB = b[startB] ?? 0;
  for (let index = 1; index <= Math.min(lengthA, lengthB); index += 1) {
    const order = lowerOctet(a[startA + index] ?? 0) - lowerOctet(b[startB + index] ?? 0);
    if (order !== 0) return order;
  }
  return lengthA - lengthB;
}

/** Whether the octets of `name` from `at` equal all of `tail`. The caller has compared the lengths. */
function equalTail(name: Uint8Array, at: number, tail: Uint8Array): boolean {
  for (let index = 0; index < tail.length; index += 1) {
    const a = name[at + index] ?? 0;
    const b = tail[index] ?? 0;
    if (a !== b && lowerOctet(a) !== lowerOctet(b)) return false;
  }
  return true;
}

/** Only A to Z have a lower case in DNS (RFC 4343 section 3). */
export function lowerOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}
