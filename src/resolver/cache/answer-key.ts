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

/** A map key. Type, class and flags have a fixed length and stand first, so that no two questions share one. */
export function answerKey(question: Question, flags: AnswerFlags, type = question.type): string {
  const bits = (flags.dnssecOk ? 1 : 0) | (flags.checkingDisabled ? 2 : 0);
  return String.fromCharCode(type, question.class, bits) + nameKey(question.name);
}

/** The question and flags of a key, the name in lower case. The type is 0 in the key of NXDOMAIN. */
export function questionOf(key: string): { question: Question; flags: AnswerFlags } {
  const bits = key.charCodeAt(2);
  return {
    question: { name: textToOctets(key, 3), type: key.charCodeAt(0), class: key.charCodeAt(1) },
    flags: { dnssecOk: (bits & 1) !== 0, checkingDisabled: (bits & 2) !== 0 },
  };
}
