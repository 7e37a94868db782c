/**
 * A generation: all of the resolver that is made from one version of the configuration - the pipeline with its policies,
 * the sources of answers (forward zones, recursion), the limits, the tap.
 *
 * It answers what it has taken, also after it was replaced, and ends when the last of that is answered. What its successor
 * would make alike it takes over: a changed access list does not make the resolver forget which upstream is down.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Question } from '../../dns/message.ts';
import type { Clock } from '../../system/clock.ts';
import { whenSettled } from '../../system/when-settled.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AnswerCache } from '../cache/answer-cache.ts';
import type { CacheActivity } from '../cache/cache-activity.ts';
import type { Clients } from '../clients/clients.ts';
import type { ResolverCounters } from '../counters.ts';
import { Dnstap } from '../dnstap/dnstap.ts';
import type { Names } from '../names/names.ts';
import { createPipeline, type Pipeline } from '../pipeline.ts';
import type { ClientQuery, Outcome } from '../policy.ts';
import type { WorkLimits } from '../work-budget.ts';
import type { OpenedParts } from './opened-parts.ts';
import { keepingUntil, Retirement } from './retirement.ts';
import { type SharedPart, takenOver } from './shared-part.ts';
import type { Sources, SourcesOpener } from './sources.ts';

/** What lives as long as the process, whatever the configuration says. */
export interface LastingParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly cache: AnswerCache;
  readonly cacheActivity: CacheActivity;
  readonly counters: ResolverCounters;
  readonly sources: SourcesOpener;
}

export class Generation implements AsyncDisposable {
  readonly slice: PopSlice;
  readonly workLimits: WorkLimits;
  readonly sources: Sources;
  /** What the next generation may take over. */
  readonly shared: OpenedParts & {
    readonly dnstap: SharedPart<Dnstap> | undefined;
  };
  readonly #pipeline: Pipeline;
  readonly #held = new AsyncDisposableStack();
  readonly #retirement = new Retirement();
  readonly #idle = Promise.withResolvers<void>();
  #underWay = 0;
  #isRetired = false;
  #ending: Promise<void> | undefined;

  /** @throws Fault of what cannot be made of this configuration; nothing is left of it then, and `before` is as it was. */
  constructor(slice: PopSlice, lasting: LastingParts & OpenedParts, before?: Generation) {
    const { clients, names, clock, log, counters } = lasting;
    const { resolver } = slice.config;
    this.slice = slice;
    this.workLimits = { ...resolver.budget, timeMs: resolver.queryTimeout };
    this.sources = lasting.sources.open(slice, before?.sources);
    try {
      this.#pipeline = createPipeline(slice, {
        ...lasting,
        rrsets: lasting.sources.rrsets,
        clients: clients.part,
        names: names.part,
        resolution: keepingUntil(this.#retirement, this.sources),
      });
    } catch (error) {
      void this.sources[Symbol.asyncDispose]();
      throw error;
    }
    const { dnstap, port } = resolver;
    const tapping = { clock, log, port, pop: slice.name, counters: counters.dnstap };
    this.shared = {
      clients,
      names,
      dnstap: dnstap && takenOver(before?.shared.dnstap, dnstap, () => new Dnstap(dnstap, tapping)),
    };
    this.#held.use(clients.claim());
    this.#held.use(names.claim());
    this.#held.use(this.sources);
    if (this.shared.dnstap) this.#held.use(this.shared.dnstap.claim());
    this.#held.use(this.#pipeline);
  }

  get clients(): Clients {
    return this.shared.clients.part;
  }

  get names(): Names {
    return this.shared.names.part;
  }

  get dnstap(): Dnstap | undefined {
    return this.shared.dnstap?.part;
  }

  /** Queries that it has taken and not yet answered. */
  get underWay(): number {
    return this.#underWay;
  }

  answer(query: ClientQuery): Outcome {
    this.#underWay += 1;
    let outcome: Outcome;
    try {
      outcome = this.#pipeline.answer(query);
    } catch (error) {
      this.#answered();
      throw error;
    }
    if (outcome instanceof Promise) return whenSettled(outcome, () => this.#answered());
    this.#answered();
    return outcome;
  }

  /** It is given no more queries. Resolves when it has answered those it has, and is no more. */
  async retire(isChanged: (question: Pick<Question, 'name' | 'type'>) => boolean): Promise<void> {
    this.#retirement.begin(isChanged);
    this.#isRetired = true;
    if (this.#underWay > 0) await this.#idle.promise;
    await this[Symbol.asyncDispose]();
  }

  /** At once: what is under way is answered SERVFAIL. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#idle.resolve();
    this.#ending ??= this.#held.disposeAsync();
    return this.#ending;
  }

  #answered(): void {
    this.#underWay -= 1;
    if (this.#isRetired && this.#underWay === 0) this.#idle.resolve();
  }
}
