/**
 * Collects what a decision depends on, makes it, and keeps going whatever has to be asked of other PoPs for the next one.
 *
 * `consider` takes what this PoP knows of itself. To that come where faults of something shared are (`attribution.ts`),
 * whether any neighbour hears it (`isolation.ts`), whether enough others stay (`floor.ts`), and how often it has flapped
 * (`damper.ts`). Each of them calls `onChange` when it has news. A hold after a fault never keeps a well PoP out when too few
 * others are known to announce.
 */
import { minimumPopsOf, type PopSlice } from '../config/anycast-config.ts';
import type { CheckContext } from '../health/health-check.ts';
import { hostPrefix } from '../ip/prefix.ts';
import type { Announcement } from '../routing/announcement.ts';
import type { Belief } from './announcer.ts';
import type { CheckStatus, ConfiguredCheck } from './check-watch.ts';
import { Damper, type DampingReport } from './damper.ts';
import { type Attribution, type Decision, decide, type Situation, softWithdrawals } from './decide.ts';
import type { AgentEvent } from './event-log.ts';
import type { LapseRoutes } from './lease/lease-answer.ts';
import { Attributions } from './peers/attribution.ts';
import { Floor } from './peers/floor.ts';
import { Isolation } from './peers/isolation.ts';
import { peersOf } from './peers/peer.ts';
import { peerReports, type Standing } from './peers/peer-report.ts';
import { type PeerView, PeerWatch } from './peers/peer-watch.ts';

export interface JudgeParts {
  readonly slice: PopSlice;
  readonly checks: readonly ConfiguredCheck[];
  readonly context: Omit<CheckContext, 'signal' | 'timeoutMs'>;
  /** In [0, 1). */
  readonly random: () => number;
  record(event: AgentEvent): void;
  /** Called when the next decision may be another one. */
  onChange(): void;
  /** Called after each look at the other PoPs. */
  onViews(views: readonly PeerView[]): void;
}

/** What this PoP knows of itself. */
export interface OwnSituation extends Pick<Situation, 'intent' | 'ending' | 'leaving' | 'addressFault'> {
  readonly checks: readonly CheckStatus[];
  readonly belief: Belief;
}

export class Judge implements AsyncDisposable {
  readonly #parts: JudgeParts;
  readonly #wanted: readonly Announcement[];
  readonly #minimum: number;
  readonly #stack = new AsyncDisposableStack();
  readonly #damper: Damper;
  readonly #peers: PeerWatch;
  readonly #attributions: Attributions;
  readonly #isolation: Isolation;
  readonly floor: Floor;
  #keepsNothing = false;
  #decided: { readonly situation: Situation; readonly decision: Decision } | undefined;

  constructor(parts: JudgeParts) {
    this.#parts = parts;
    const { slice, context, record, onChange } = parts;
    const { config, name } = slice;
    const { clock } = context;
    const { addresses, announce } = config.service;
    this.#wanted = addresses.map(address => ({ prefix: hostPrefix(address), ...announce }));
    this.#minimum = minimumPopsOf(config);
    const { interval: intervalMs, timeout: timeoutMs } = config.peers;
    const peers = peersOf(slice);
    // A question on its way when they came back ends, and the next one finds them.
    const returnMs = config.resolver.queryTimeout + config.resolver.upstreamTimeout;
    const reports = this.#stack.use(peerReports(config.telemetry.agentPort));
    this.#damper = this.#stack.use(new Damper({ config: config.damping, clock, record, onOver: onChange }));
    this.#attributions = this.#stack.use(
      new Attributions({ peers, context, timeoutMs, returnMs, record, onChange }),
    );
    this.#isolation = this.#stack.use(new Isolation({ clock, returnMs, record, onChange }));
    const names = Object.keys(config.pops);
    this.floor = this.#stack.use(
      new Floor({
        minimum: this.#minimum,
        peers,
        first: new Set(names.slice(0, names.indexOf(name))),
        reports,
        clock,
        timeoutMs,
        record,
        onChange,
      }),
    );
    this.#peers = this.#stack.use(
      new PeerWatch({
        pop: name,
        peers,
        reports,
        dnsPort: config.resolver.port,
        clock,
        intervalMs,
        timeoutMs,
        random: parts.random,
        record,
        onViews: views => {
          parts.onViews(views);
          // Others that went may end a hold.
          if (this.#decided?.decision.reason.kind === 'held') onChange();
        },
      }),
    );
  }

  /** Decides, and sees that what the next decision needs is being asked. */
  consider(own: OwnSituation): Decision {
    const failing = own.checks.filter(({ faultClass, isFailing }) => faultClass === 'shared' && isFailing);
    const stateOf = new Map(failing.map(({ name, state }) => [name, state]));
    const isDown = (name: string): boolean => stateOf.get(name) === 'down';
    const down = this.#parts.checks.filter(({ name }) => isDown(name));
    const suspected = this.#parts.checks.filter(({ name }) => stateOf.has(name) && !isDown(name));
    this.#attributions.inquire(down, suspected);
    const isIsolated = this.#isolation.holds();
    const checks = own.checks.map(check => {
      const attribution = this.#attributionOf(check.name, isIsolated && isDown(check.name));
      return { ...check, ...(attribution && { attribution }) };
    });
    const { faults } = this.#parts.slice.config;
    const isServing = own.intent.kind === 'serve' && !own.ending;
    this.floor.want(isServing && softWithdrawals({ checks, faults }).length > 0);
    const { belief, ...rest } = own;
    const free: Situation = {
      ...rest,
      checks,
      faults,
      wanted: this.#wanted,
      standing: this.#standing(belief),
      // Whom nobody hears, nobody counts on.
      floor: isIsolated ? 'granted' : this.floor.answer(),
    };
    const hold = this.#damper.holdFor(decide(free).reason);
    const mayHold = hold !== undefined && this.#peers.staying() >= this.#minimum;
    const situation = mayHold ? { ...free, hold } : free;
    const decision = decide(situation);
    this.#decided = { situation, decision };
    if (decision.reason.kind !== 'starting') this.#keepsNothing = false;
    return decision;
  }

  /** Takes in what the router was seen to do. */
  see(belief: Belief): void {
    if (belief.known) this.#isolation.see(belief.observation.sessions);
  }

  /** What the last decision was made of. */
  situation(): Situation | undefined {
    return this.#decided?.situation;
  }

  /**
   * The sidecar had the routes: what was decided before no longer stands. Where it withdrew them, a look may still show
   * some on their way out; nothing of that is kept.
   */
  startOver(routes: LapseRoutes): void {
    this.#decided = undefined;
    this.#keepsNothing = routes === 'withdraw';
  }

  /** An operator's word: what flapped before no longer counts. */
  forgetFlaps(): void {
    this.#damper.forget();
  }

  damping(): DampingReport {
    return this.#damper.report();
  }

  peers(): readonly PeerView[] {
    return this.#peers.views();
  }

  /** What other PoPs may count on. */
  standing(belief: Belief): Standing {
    const { decision } = this.#decided ?? {};
    const isWanted = decision !== undefined && decision.announcements.length > 0;
    const isSeen =
      belief.known && this.#wanted.every(({ prefix }) => belief.observation.exported.has(prefix.text));
    const isLeaving = decision?.reason.kind === 'leaving';
    return this.floor.standing(isWanted && isSeen && !isLeaving);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }

  #attributionOf(check: string, isIsolatedFault: boolean): Attribution | undefined {
    const place = this.#attributions.of(check);
    return isIsolatedFault && place !== 'here' && place !== 'everywhere' ? 'isolated' : place;
  }

  #standing(belief: Belief): ReadonlySet<string> {
    const decided = this.#decided?.decision.announcements.map(({ prefix }) => prefix.text) ?? [];
    const exported = belief.known && !this.#keepsNothing ? belief.observation.exported.keys() : [];
    return new Set([...exported, ...decided]);
  }
}
