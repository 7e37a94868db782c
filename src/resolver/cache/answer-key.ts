/** What tells one answer from another: name (in lower case), type, class, and the DO and CD bits of the query. */
import type { Message, Question } from '../../dns/message.ts';
import { nameKey } from '../../dns/name.ts';
import { textToOctets } from './record-wire.ts';

/** What besides the question decides which answer is right. */
export interface AnswerFlags {
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export function answerFlags({ flags, edns }: Message): AnswerFlags {
  return { dnssecOk: edns?.dnssecOk ?? false, checkingDisabled: flags.cd };
}

/** How many there can be. */
const flagValues = 4;
const typeValues = 65_536;

/** A map key. Type, class and flags have a fixed length and stand first, so that no two questions share one. */
export function answerKey(question: Question, flags: AnswerFlags): string {
  return String.fromCharCode(question.type, question.class, flagBits(flags)) + nameKey(question.name);
}

/** All of an answer's key but the name, as a number: the kind of its entry in the cache. */
export function answerKind(question: Question, flags: AnswerFlags, type = question.type): number {
  return (question.class * flagValues + flagBits(flags)) * typeValues + type;
}

function flagBits({ dnssecOk, checkingDisabled }: AnswerFlags): number {
  return (dnssecOk ? 1 : 0) | (checkingDisabled ? 2 : 0);
}

/** The question and flags of an entry, the name in lower case. The type is 0 of NXDOMAIN. */
export function questionOf({ key, kind }: { readonly key: string; readonly kind: number }): {
  question: Question;
  flags: AnswerFlags;
} {
  const head = Math.floor(kind / typeValues);
  const bits = head % flagValues;
  return {
    question: {
      name: textToOctets(key),
      type: kind % typeValues,
      class: Math.floor(head / flagValues),
    },
    flags: { dnssecOk: (bits & 1) !== 0, checkingDisabled: (bits & 2) !== 0 },
  };
}
