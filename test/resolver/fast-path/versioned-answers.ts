/** Answers of which every part tells the same number, so that one made of two is known. */
import type { TableAnswer } from '../../../src/resolver/fast-path/answer-table.ts';
import type { KeyedQuestion } from '../../../src/resolver/fast-path/question-key.ts';
import { name } from '../messages.ts';

/** Names that are asked for in turn: more than a bucket has slots, and few, so that slots and owners change all the time. */
export const names = 12;
/** Versions that look different; a multiple of `names`. */
const looks = 240;

const keys = Array.from({ length: names }, (_, index) => keyedQuestion(`name-${index}.test`));

export function keyedQuestion(text: string, type = 1): KeyedQuestion {
  const octets = name(text);
  return { octets, nameAt: 0, nameLength: octets.length, type, dnssecOk: false, checkingDisabled: false };
}

export function keyOf(index: number): KeyedQuestion {
  const key = keys[index];
  if (!key) throw new RangeError(`no name ${index}`);
  return key;
}

export function answerOf(version: number): TableAnswer {
  const octet = version % looks;
  return {
    records: new Uint8Array(sizeOf(octet)).fill(octet),
    ttlPlaces: [],
    headerBits: octet,
    answerCount: octet % 32,
    authorityCount: octet % 16,
    isDenial: octet % 2 === 1,
    storedMs: 1_000_000,
    untilMs: 2_000_000,
  };
}

interface Told {
  readonly headerBits: number;
  readonly answerCount: number;
  readonly authorityCount: number;
  readonly isDenial: boolean;
}

/** Whether this is one answer, and to the question for that name. */
export function isWhole(records: Uint8Array, told: Told, index: number): boolean {
  const octet = records[0] ?? 0;
  return (
    octet % names === index &&
    records.length === sizeOf(octet) &&
    records.every(each => each === octet) &&
    told.headerBits === octet &&
    told.answerCount === octet % 32 &&
    told.authorityCount === octet % 16 &&
    told.isDenial === (octet % 2 === 1)
  );
}

function sizeOf(octet: number): number {
  return 40 + octet;
}
