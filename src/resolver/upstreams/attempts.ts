/** Asking one upstream once: what its answer, its silence and the network's word mean for its health and for the next try. */

import type { Question } from '../../dns/message.ts';
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';
import { describeError } from '../../system/fault.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import type { ResolverCounters } from '../counters.ts';
import { isSystemError } from '../exchange/system-error.ts';
import type { Transports } from '../exchange/transports.ts';
import type { WireTaps } from '../exchange/wire-tap.ts';
import type { Reply } from '../reply.ts';
import type { WorkBudget } from '../work-budget.ts';
import { askUpstream } from './ask-upstream.ts';
import { scrub } from './scrub.ts';
import type { Upstream } from './upstream.ts';

/** Attempts under way at once; each holds a socket. */
export interface AttemptLimits {
  readonly attempts: number;
  /** Less, so that a dead upstream cannot take the sockets of the others. */
  readonly attemptsPerUpstream: number;
}

export interface AttemptsOptions {
  readonly clock: Clock;
  readonly transports: Transports;
  readonly counters: ResolverCounters;
  /** Milliseconds until an upstream counts as silent. */
  readonly upstreamTimeoutMs: number;
  readonly upstreamPort: number;
  readonly limits: AttemptLimits;
  readonly taps?: WireTaps | undefined;
}

export interface Attempt {
  readonly question: Question;
  readonly flags: AnswerFlags;
  readonly budget: WorkBudget;
  readonly upstream: Upstream;
  /** The upstream, or the network, has said something: asking it again for the same would be no use. */
  readonly onWord: () => void;
  /** Another upstream should be asked, while this one may still answer. */
  readonly handOver: () => void;
}

export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #perUpstream = new Map<Upstream, number>();
  #underWay = 0;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  hasRoomFor(upstream: Upstream): boolean {
    const { attempts, attemptsPerUpstream } = this.#options.limits;
    return this.#underWay < attempts && (this.#perUpstream.get(upstream) ?? 0) < attemptsPerUpstream;
  }

  /** Undefined when no client can use what came of it, and when the signal has aborted. Rejects with BudgetExhausted, else for a fault of ours only. */
  async run(attempt: Attempt, signal: AbortSignal): Promise<Reply | undefined> {
    const { clock, counters, transports, upstreamPort: port, taps } = this.#options;
    const { question, flags, budget, upstream, onWord } = attempt;
    const onMismatch = (): void => {
      counters.upstream.mismatched += 1;
    };
    this.#count(upstream, 1);
    const patience = this.#patience(attempt, signal);
    try {
      const request = {
        question,
        flags,
        budget,
        upstream,
        port,
        transports,
        clock,
        taps,
        onMismatch,
        ...patience,
      };
      const { message } = await askUpstream(request);
      onWord();
      const reply = scrub(question, message);
      counters.upstream[reply ? 'answered' : 'refused'] += 1;
      return reply;
    } catch (error) {
      if (patience.signal.aborted) return undefined;
      if (!isSystemError(error)) throw error;
      counters.upstream.unreachable += 1;
      // No datagram that anybody can forge: a connection that failed, or a certificate that is not the upstream's.
      if (upstream.tls) upstream.failed(clock.monotonicMs(), describeError(error));
      onWord();
      return undefined;
    } finally {
      this.#count(upstream, -1);
      await patience.end();
    }
  }

  #count(upstream: Upstream, change: 1 | -1): void {
    this.#underWay += change;
    this.#perUpstream.set(upstream, (this.#perUpstream.get(upstream) ?? 0) + change);
  }

  /**
   * Watches the time: after upstreamTimeout the upstream has failed and another is asked; it may still answer for as long
   * again. For one that the network calls unreachable another is asked at once, and it is given up at upstreamTimeout:
   * what the network says may be forged, so it neither ends the wait nor counts against the upstream.
   */
  #patience({ upstream, onWord, handOver }: Attempt, signal: AbortSignal) {
    const { clock, counters, upstreamTimeoutMs } = this.#options;
    const over = new AbortController();
    const done = new AbortController();
    const abort = (): void => over.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    let isUnreachable = false;
    const watch = async (): Promise<void> => {
      await clock.sleep(upstreamTimeoutMs, done.signal);
      counters.upstream.late += 1;
      upstream.failed(clock.monotonicMs());
      handOver();
      if (!isUnreachable) await clock.sleep(upstreamTimeoutMs, done.signal);
      over.abort(ended);
    };
    // What it rejects with is its own end.
    const watching = watch().catch(() => undefined);
    return {
      signal: over.signal,
      onUnreachable: () => {
        isUnreachable = true;
        onWord();
        handOver();
      },
      end: async () => {
        signal.removeEventListener('abort', abort);
        done.abort(ended);
        await watching;
      },
    };
  }
}
