/** What tells one answer from another: name (in lower case), type, class, and the DO and CD bits of the query. */
import type { Message, Question } from '../../dns/message.ts';
import { nameKey } from '../../dns/name.ts';

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
