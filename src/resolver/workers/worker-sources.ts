/** Sources that workers have: each question goes to the worker of its name. */
import type { Question } from '../../dns/message.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import type { TtlLimits } from '../cache/cacheable.ts';
import type { Sources, SourcesStatus } from '../generations/sources.ts';
import type { Outcome } from '../policy.ts';
import type { UpstreamStatus } from '../upstreams/upstream.ts';
import type { WorkBudget } from '../work-budget.ts';
import type { WorkerNumbers } from './worker-numbers.ts';
import type { WorkerSeat } from './worker-seat.ts';

export interface WorkerSourcesOptions {
  readonly id: number;
  readonly seats: readonly WorkerSeat[];
  readonly seatOf: (question: Question) => WorkerSeat;
  readonly numbers: () => WorkerNumbers;
  /** As long as no worker has told anything. */
  readonly upstreams: readonly UpstreamStatus[];
  /** Called when no worker has them any more. */
  readonly onEnded: () => void;
}

export class WorkerSources implements Sources {
  readonly #options: WorkerSourcesOptions;
  #ending: Promise<void> | undefined;

  constructor(options: WorkerSourcesOptions) {
    this.#options = options;
  }

  get status(): SourcesStatus {
    const { id, seats, numbers, upstreams } = this.#options;
    const { counts, now } = numbers();
    const told = seats.flatMap(seat => [seat.upstreams.get(id) ?? []]).filter(each => each.length > 0);
    return {
      questions: now.questions,
      upstreams: upstreams.map((status, index) =>
        together(
          status,
          told.flatMap(each => each[index] ?? []),
        ),
      ),
      recursion: { ...counts.recursion, now: now.recursion },
    };
  }

  resolve(question: Question, flags: AnswerFlags, budget: WorkBudget): Outcome {
    return this.#options.seatOf(question).resolve(this.#options.id, question, flags, budget);
  }

  clear(): void {
    for (const seat of this.#options.seats) seat.tell({ kind: 'clear-sources', id: this.#options.id });
  }

  part(limits: TtlLimits): void {
    for (const seat of this.#options.seats) seat.tell({ kind: 'part', id: this.#options.id, limits });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const { id, seats, onEnded } = this.#options;
    await Promise.all(seats.map(seat => seat.endSources(id)));
    onEnded();
  }
}

/** One upstream, as several workers see it: failed where one says so; its round-trip time is their mean. */
function together(untold: UpstreamStatus, told: readonly UpstreamStatus[]): UpstreamStatus {
  const failed = told.find(({ state }) => state === 'failed');
  const known = told.flatMap(({ rttMs }) => rttMs ?? []);
  const sum = known.reduce((total, rttMs) => total + rttMs, 0);
  const rttMs = known.length === 0 ? null : Math.round((sum / known.length) * 100) / 100;
  return { ...(failed ?? untold), rttMs };
}
