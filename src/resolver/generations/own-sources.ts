/**
 * Sources that are asked on the thread that they are opened on: a forwarder and recursion.
 *
 * Each of the two is taken over from the sources before while it would be made alike: a changed access list does not make
 * the resolver forget which upstream is down. Where there are several threads (`workers/`), each has sources of its own,
 * and its share of all that is limited.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Question } from '../../dns/message.ts';
import type { Clock } from '../../system/clock.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import type { TtlLimits } from '../cache/cacheable.ts';
import { RRsetCache } from '../cache/rrset-cache.ts';
import type { ResolverCounters } from '../counters.ts';
import type { AskedAs, UpstreamTap } from '../dnstap/tap.ts';
import { exchangeLimits } from '../exchange/exchange-limits.ts';
import { socketLimits } from '../exchange/query-sockets.ts';
import { streamLimits } from '../exchange/stream-connections.ts';
import type { WireTaps } from '../exchange/wire-tap.ts';
import { flightLimits } from '../iterator/flights.ts';
import { Recursion } from '../iterator/recursion.ts';
import { rootHintsOf } from '../iterator/root-hints.ts';
import type { Outcome } from '../policy.ts';
import { createResolution, type Resolution } from '../resolution.ts';
import { Forwarder, forwarderLimits } from '../upstreams/forwarder.ts';
import { forwardZonesOf } from '../upstreams/upstreams-of.ts';
import type { WorkBudget } from '../work-budget.ts';
import { shareOf } from './share-of.ts';
import { type SharedPart, takenOver } from './shared-part.ts';
import type { Sources, SourcesOpener, SourcesStatus } from './sources.ts';

/** Octets of RRsets that recursion which was replaced may learn on its last look-ups: they last some seconds. */
const partingOctets = 4 * 1024 * 1024;

export interface OwnSourcesOptions {
  readonly clock: Clock;
  readonly rrsets: RRsetCache;
  readonly counters: ResolverCounters;
  readonly upstreamPort: number;
  /** What tells of our own queries, now: it may change while they are under way. */
  readonly upstreamTap?: (() => UpstreamTap | undefined) | undefined;
  /** Threads of the process that have sources of their own; 1 unless told. */
  readonly threads?: number | undefined;
  /** Gives the text of a file that the configuration names; from the disk unless told. */
  readonly readText?: ((path: string) => string) | undefined;
}

export class OwnSourcesOpener implements SourcesOpener {
  readonly #options: OwnSourcesOptions;

  constructor(options: OwnSourcesOptions) {
    this.#options = options;
  }

  get rrsets(): RRsetCache {
    return this.#options.rrsets;
  }

  open(slice: PopSlice, before: Sources | undefined): OwnSources {
    return new OwnSources(slice, this.#options, before instanceof OwnSources ? before : undefined);
  }
}

export class OwnSources implements Sources {
  readonly forwarder: SharedPart<Forwarder>;
  readonly recursion: SharedPart<Recursion>;
  readonly #options: OwnSourcesOptions;
  readonly #resolution: Resolution;
  readonly #held = new AsyncDisposableStack();

  /** @throws Fault of what cannot be made of this configuration. */
  constructor(slice: PopSlice, options: OwnSourcesOptions, before?: OwnSources) {
    this.#options = options;
    const { clock, rrsets, counters, upstreamPort, upstreamTap, threads = 1, readText } = options;
    const { resolver } = slice.config;
    const { forward, queryTimeout: queryTimeoutMs, upstreamTimeout: upstreamTimeoutMs } = resolver;
    const asking = [slice.pop.management, forward, queryTimeoutMs, upstreamTimeoutMs];
    const tapsAs =
      (as: AskedAs): WireTaps =>
      to =>
        upstreamTap?.()?.begin(as, to);
    const transports = {
      sockets: shareOf(socketLimits, ['idle'], threads),
      streams: shareOf(streamLimits, ['connections', 'connectionsPerServer'], threads),
    };
    const forwarder = takenOver(before?.forwarder, asking, () => {
      const zones = forwardZonesOf(slice, readText);
      const taps = tapsAs('forwarder');
      const limits = shareOf(forwarderLimits, sharedOfForwarder, threads);
      const timeouts = { queryTimeoutMs, upstreamTimeoutMs };
      return new Forwarder({ ...timeouts, zones, clock, counters, upstreamPort, limits, transports, taps });
    });
    this.forwarder = forwarder;
    // Where aliases lead into forward zones, recursion asks the forwarder: a new one has new recursion.
    const rootHints = rootHintsOf(resolver.recursion, readText);
    const { maxTtl, maxBytes } = resolver.cache;
    const own = Object.values(slice.config.pops).map(pop => pop.management);
    const asked = {
      ...{ asking, recursion: resolver.recursion, rootHints, budget: resolver.budget },
      ...{ maxTtl, maxBytes, own },
    };
    this.recursion = takenOver(
      before?.recursion,
      asked,
      () =>
        new Recursion(slice, {
          clock,
          store: rrsets,
          rootHints,
          port: upstreamPort,
          taps: tapsAs('resolver'),
          share: 1 / threads,
          limits: shareOf(exchangeLimits, ['attempts', 'attemptsPerServer', 'questionsPerZone'], threads),
          flightLimits: shareOf(flightLimits, ['flights', 'joiners'], threads),
          transports,
          isForwarded: question => forwarder.part.holds(question),
          forwarded: (question, flags, budget) =>
            forwarder.part.holds(question)
              ? Promise.resolve(forwarder.part.resolve(question, flags, budget))
              : undefined,
        }),
    );
    this.#resolution = createResolution({
      forwarder: forwarder.part,
      iterator: this.recursion.part.iterator,
      onExhausted: limit => {
        counters.exhausted[limit] += 1;
      },
    });
    this.#held.use(this.recursion.claim());
    this.#held.use(forwarder.claim());
  }

  /** Each part is looked up when it is read: a heartbeat needs one number of it. */
  get status(): SourcesStatus {
    const [{ part: forwarder }, { part: recursion }] = [this.forwarder, this.recursion];
    return {
      get questions() {
        return forwarder.status.questions;
      },
      get upstreams() {
        return forwarder.status.upstreams;
      },
      get recursion() {
        return recursion.numbers;
      },
    };
  }

  resolve(question: Question, flags: AnswerFlags, budget: WorkBudget): Outcome {
    return this.#resolution.resolve(question, flags, budget);
  }

  clear(): void {
    this.recursion.part.iterator.clear();
  }

  part(limits: TtlLimits): void {
    const { clock, threads = 1 } = this.#options;
    const maxOctets = Math.ceil(partingOctets / threads);
    this.recursion.part.part(new RRsetCache({ maxOctets, limits, clock }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#held.disposeAsync();
  }
}

/** All but what one question may have, which is on one thread. */
const sharedOfForwarder = [
  'attempts',
  'attemptsPerUpstream',
  'questions',
  'questionsPerZone',
  'waiters',
] as const;
