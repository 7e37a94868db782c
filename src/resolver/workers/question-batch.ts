/**
 * Questions on their way to a worker, as one string of octets: what one turn of the event loop has brought goes in one
 * message, since a message costs as much as a dozen questions in it.
 *
 * The time by which an answer is wanted goes as a time of the machine's monotonic clock, which all threads share: what a
 * question waits on its way is part of its time.
 */
import type { Question } from '../../dns/message.ts';
import { Reader } from '../../dns/reader.ts';
import type { Writer } from '../../dns/writer.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import { costs, type Limit, type WorkBudget, type WorkLimits } from '../work-budget.ts';

/** Limits by their number in a batch; 0 stands for none. */
export const limitNumbers: readonly (Limit | undefined)[] = [undefined, ...costs, 'time'];

export interface AskedQuestion {
  /** Its number among those of this worker. */
  readonly id: number;
  readonly sources: number;
  readonly question: Question;
  readonly flags: AnswerFlags;
  /** What is left of its budget; time from `nowMs` on. */
  readonly limits: WorkLimits;
  readonly exhausted: Limit | undefined;
}

export function writeQuestion(
  writer: Writer,
  { id, sources, question, flags }: Pick<AskedQuestion, 'id' | 'sources' | 'question' | 'flags'>,
  { budget, nowMs }: { readonly budget: WorkBudget; readonly nowMs: number },
): void {
  const { remaining, exhausted } = budget;
  writer.uint32(id);
  writer.uint32(sources);
  writer.uint16(question.type);
  writer.uint16(question.class);
  writer.uint8((flags.dnssecOk ? 1 : 0) | (flags.checkingDisabled ? 2 : 0));
  writer.uint8(limitNumbers.indexOf(exhausted));
  for (const cost of costs) writer.uint32(remaining[cost]);
  writeTime(writer, nowMs + remaining.timeMs);
  writer.name(question.name);
}

/** Those of a batch, in their order. */
export function* readQuestions(octets: Uint8Array, nowMs: number): Generator<AskedQuestion, void> {
  const reader = new Reader(octets);
  while (reader.remaining > 0) {
    const id = reader.uint32();
    const sources = reader.uint32();
    const type = reader.uint16();
    const rrClass = reader.uint16();
    const bits = reader.uint8();
    const exhausted = limitNumbers[reader.uint8()];
    const [packets, bytes, nameBytes] = [reader.uint32(), reader.uint32(), reader.uint32()];
    const timeMs = Math.max(0, readTime(reader) - nowMs);
    yield {
      id,
      sources,
      question: { name: reader.plainName(), type, class: rrClass },
      flags: { dnssecOk: (bits & 1) !== 0, checkingDisabled: (bits & 2) !== 0 },
      limits: { packets, bytes, nameBytes, timeMs },
      exhausted,
    };
  }
}

/** In 64 bits, microseconds. */
function writeTime(writer: Writer, ms: number): void {
  const us = Math.round(ms * 1000);
  writer.uint32(Math.floor(us / 2 ** 32));
  writer.uint32(us % 2 ** 32);
}

function readTime(reader: Reader): number {
  return (reader.uint32() * 2 ** 32 + reader.uint32()) / 1000;
}
