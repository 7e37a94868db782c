/**
 * The agent of one PoP: watches the service as a client does, decides what the PoP announces, and sees that it is so.
 *
 *   probe -> step (hysteresis) -> decide -> apply -> observe
 *
 * Probing and stepping is `CheckWatch`, applying and observing is `Announcer`; each runs by itself and calls in here when
 * something changed. Here is only the middle: collect the situation, `decide`, hand the result on. That takes no time
 * and waits for nothing, so a verdict that cannot wait does not. What must be asked of other PoPs (`peers/`) is asked
 * beside it, and counts from the moment it is known.
 *
 * What always holds:
 * - nothing is announced before the first look at the router, the address on `lo`, and every local check up;
 * - what an operator asked for is written down before it is done, and outlives the agent;
 * - operations on the address (drain, undrain, putting back what someone took away) run one after the other;
 * - ending does what `drain.onStop` says; a withdrawal leaves the address, since the resolver still answers who is on the way.
 *
 * Not here: what makes a verdict (health/), what an announcement becomes (routing/), what happens when this process is gone
 * (the lease, sidecar/).
 */
import { randomUUID } from 'node:crypto';
import type { PopSlice } from '../config/anycast-config.ts';
import { hostPrefix } from '../ip/prefix.ts';
import type { RouteDriver } from '../routing/route-driver.ts';
import type { Clock } from '../system/clock.ts';
import { Fault } from '../system/fault.ts';
import { Occasion } from '../system/occasion.ts';
import { isTrueWithin } from '../system/within.ts';
import { AddressKeeper } from './address-keeper.ts';
import {
  type AgentReport,
  checkReport,
  decisionReport,
  type Explanation,
  observationReport,
} from './agent-report.ts';
import { Announcer } from './announcer.ts';
import { CheckWatch, type ConfiguredCheck } from './check-watch.ts';
import { type Decision, serviceStateOf, trace } from './decide.ts';
import { decisionKey } from './decision-text.ts';
import { DrainControl } from './drain-control.ts';
import { EventLog, type EventSink } from './event-log.ts';
import type { Intent, IntentStore } from './intent.ts';
import { Judge } from './judge.ts';
import type { LapseRoutes } from './lease/lease-answer.ts';
import { LeaseKeeper } from './lease/lease-keeper.ts';
import { LookingGlass } from './looking-glass.ts';
import type { AgentMetrics } from './metrics.ts';
import { Operations } from './operations.ts';
import { ResolverProcess } from './resolver-process.ts';
import type { ServiceAddresses } from './service-address.ts';

export interface AgentParts {
  readonly slice: PopSlice;
  readonly checks: readonly ConfiguredCheck[];
  readonly driver: RouteDriver;
  readonly addresses: ServiceAddresses;
  readonly intents: IntentStore;
  readonly metrics: AgentMetrics;
  readonly runDirectory: string;
  readonly clock: Clock;
  readonly log: EventSink;
  /** In [0, 1). */
  readonly random: () => number;
}

const startingDecision: Decision = {
  announcements: [],
  reason: { kind: 'starting', waitingFor: ['the first look at the router'], kept: false },
};

/** Milliseconds that ending waits to see the withdrawal. */
const endWaitMs = 3000;

export class Agent implements AsyncDisposable {
  readonly #parts: AgentParts;
  readonly #events: EventLog;
  readonly #announcer: Announcer;
  readonly #checks: CheckWatch;
  readonly #keeper: AddressKeeper;
  readonly #judge: Judge;
  readonly #glass: LookingGlass;
  readonly #lease: LeaseKeeper;
  readonly #resolver: ResolverProcess;
  readonly #drain: DrainControl;
  readonly #operations: Operations;
  readonly #end = new AbortController();
  readonly #decided = new Occasion();
  readonly #startedAt: string;
  #decision: Decision = startingDecision;
  #hasBegun = false;
  /** Nothing is decided before the router was looked at, at the start and after the sidecar had the routes. */
  #hasLooked = false;
  #ending = false;
  #serviceState: ReturnType<typeof serviceStateOf> = 'pending';

  /** Starts the agent. @throws Fault when something lacks without which nothing must be announced. */
  static async start(parts: AgentParts): Promise<Agent> {
    const agent = new Agent(parts, await parts.intents.read());
    try {
      await agent.#begin();
      return agent;
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(parts: AgentParts, intent: Intent) {
    const { slice, clock, metrics, checks, random, runDirectory } = parts;
    const { service, resolver } = slice.config;
    this.#parts = parts;
    this.#startedAt = new Date(clock.wallMs()).toISOString();
    this.#events = new EventLog(clock, parts.log);
    this.#events.onEvent(metrics.onEvent);
    const record = this.#events.record.bind(this.#events);
    const onChange = (): void => this.#reconsider();
    this.#resolver = new ResolverProcess(runDirectory, clock);
    const context = {
      clock,
      pop: slice.name,
      serviceAddresses: service.addresses,
      managementAddresses: slice.pop.management,
      servicePort: resolver.port,
      runDirectory,
      pressedMs: () => this.#resolver.pressedMs(),
    };
    this.#checks = new CheckWatch({
      checks,
      context,
      random,
      record,
      onChange,
      onVerdict: metrics.onVerdict,
    });
    this.#keeper = new AddressKeeper({
      addresses: parts.addresses,
      clock,
      record,
      onChange,
      isWanted: () => this.#operations.intent().kind !== 'drain',
    });
    this.#judge = new Judge({ slice, checks, context, random, record, onChange, onViews: metrics.onPeers });
    this.#glass = new LookingGlass({
      neighbours: slice.pop.neighbours,
      prefixes: service.addresses.map(hostPrefix),
      clock,
      record,
      onLook: () => metrics.onSelections(this.#glass.selections()),
    });
    this.#lease = new LeaseKeeper({
      pop: slice.name,
      runDirectory,
      durationMs: slice.config.lease.duration,
      agent: randomUUID(),
      clock,
      record,
      onLapsed: routes => this.#startOver(routes),
      onFreshSidecar: () => this.#announcer.applyAgain(),
      onChange: () => this.#announcer.wake(),
    });
    this.#announcer = new Announcer({
      driver: parts.driver,
      mayApply: (desired, seen) => this.#lease.mayApply(desired, seen),
      fallback: new Set(service.fallback.map(prefix => prefix.text)),
      clock,
      record,
      onBelief: belief => {
        metrics.onBelief(belief);
        this.#judge.see(belief);
        this.#hasLooked ||= this.#hasBegun;
        if (this.#decision.reason.kind === 'starting') this.#reconsider();
      },
    });
    this.#drain = new DrainControl({
      slice,
      clock,
      addresses: parts.addresses,
      runDirectory,
      record,
      alone: async work => await this.#keeper.alone(work),
      isAnnouncing: () => this.#decision.announcements.length > 0,
      reconsider: onChange,
      settled: async signal => await this.#announcer.settled(signal),
      ...(slice.pop.neighbours.some(({ lookingGlass }) => lookingGlass) && {
        unselected: async (signal: AbortSignal) => await this.#glass.unselected(signal),
      }),
      pauseProbes: async () => await this.#checks.pauseProbes(),
    });
    this.#operations = new Operations(intent, {
      clock,
      intents: parts.intents,
      keeper: this.#keeper,
      checks: this.#checks,
      judge: this.#judge,
      announcer: this.#announcer,
      drain: this.#drain,
      signal: this.#end.signal,
      decided: this.#decided,
      decision: () => this.#decision,
      reconsider: onChange,
    });
  }

  async #begin(): Promise<void> {
    const { driver } = this.#parts;
    this.#events.record({ kind: 'started', intent: this.#operations.intent().kind, driver: driver.kind });
    this.#checks.startWatches();
    if (this.#operations.intent().kind !== 'drain') {
      await this.#keeper.put();
      this.#checks.startProbes();
    }
    // First the lease: a look from before the sidecar took the routes away would show them.
    await this.#lease.firstAnswer(this.#end.signal);
    await this.#announcer.firstLook(this.#end.signal);
    this.#hasBegun = true;
    this.#hasLooked = true;
    // A drain that an earlier life of this agent had begun. What becomes of it is in the log.
    if (this.#operations.intent().kind === 'drain')
      this.#drain.start(async () => undefined).catch(() => undefined);
    this.#reconsider();
    this.#keeper.watch();
  }

  status(): AgentReport {
    const { slice, driver } = this.#parts;
    return {
      pop: slice.name,
      pid: process.pid,
      driver: driver.kind,
      startedAt: this.#startedAt,
      ...this.#view(),
    };
  }

  explain(): Explanation {
    const situation = this.#judge.situation();
    return {
      pop: this.#parts.slice.name,
      ...this.#view(),
      trace: situation ? trace(situation) : [],
      events: this.#events.events(),
    };
  }

  /** What an operator may ask for. */
  operations(): Operations {
    return this.#operations;
  }

  events(): EventLog {
    return this.#events;
  }

  /** Ends as `drain.onStop` says, and not after `skip` aborts. Gives whether what it left behind was seen. */
  async end(skip: AbortSignal): Promise<boolean> {
    const { onStop } = this.#parts.slice.config.drain;
    if (onStop === 'keep') {
      await this.#lease.release('keep');
      return true;
    }
    this.#ending = true;
    const isDraining = onStop === 'drain' && this.#operations.intent().kind === 'serve';
    const seen = await (isDraining ? this.#endDraining(skip) : this.#endWithdrawing(skip));
    // What this process could not see through, the sidecar does.
    await this.#lease.release('withdraw');
    return seen;
  }

  async #endWithdrawing(skip: AbortSignal): Promise<boolean> {
    this.#reconsider();
    const limits = { ms: endWaitMs, clock: this.#parts.clock, signals: [skip, this.#end.signal] };
    return await isTrueWithin(limits, signal => this.#announcer.settled(signal));
  }

  async #endDraining(skip: AbortSignal): Promise<boolean> {
    const { gracefulShutdown: graceful, timeout } = this.#parts.slice.config.drain;
    // One timeout for the neighbours, one for the clients.
    const ms = endWaitMs + (graceful === 'off' ? 0 : graceful.wait) + 2 * timeout;
    const limits = { ms, clock: this.#parts.clock, signals: [skip, this.#end.signal] };
    return await isTrueWithin(limits, async signal => {
      const stop = (): Promise<void> => this.#drain.end('SIGTERM');
      signal.addEventListener('abort', stop, { once: true });
      const drained = this.#drain.start(async () => undefined);
      await drained.finally(() => signal.removeEventListener('abort', stop));
    });
  }

  /** The sidecar had the routes while this process slept or was cut off: what it knew before has gone stale. */
  #startOver(routes: LapseRoutes): void {
    this.#hasLooked = false;
    this.#judge.startOver(routes);
    this.#decision = startingDecision;
    this.#announcer.forget();
    this.#checks.startOver();
  }

  /** Stops at once and leaves the router as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Fault('unreachable', 'the agent is ending'));
    await this.#drain[Symbol.asyncDispose]();
    await this.#judge[Symbol.asyncDispose]();
    await this.#keeper[Symbol.asyncDispose]();
    await this.#checks[Symbol.asyncDispose]();
    await this.#resolver[Symbol.asyncDispose]();
    await this.#glass[Symbol.asyncDispose]();
    await this.#lease[Symbol.asyncDispose]();
    await this.#announcer[Symbol.asyncDispose]();
    await this.#parts.driver[Symbol.asyncDispose]();
  }

  #reconsider(): void {
    if (!this.#hasLooked) return;
    const checks = this.#checks.states();
    const state = serviceStateOf(checks);
    if (state !== this.#serviceState)
      this.#events.record({ kind: 'service-state', from: this.#serviceState, to: state });
    this.#serviceState = state;
    const addressFault = this.#keeper.fault();
    const leaving = this.#drain.leaving();
    const before = decisionKey(this.#decision);
    this.#decision = this.#judge.consider({
      checks,
      intent: this.#operations.intent(),
      ending: this.#ending,
      ...(leaving && { leaving }),
      ...(addressFault !== undefined && { addressFault }),
      belief: this.#announcer.belief(),
    });
    this.#announcer.want(this.#decision.announcements);
    if (decisionKey(this.#decision) !== before) {
      const { kind, reason, announced } = decisionReport(this.#decision);
      this.#events.record({ kind: 'decision', reason: kind, announced, detail: reason });
      this.#glass.changed();
    }
    this.#parts.metrics.onDecision(this.#decision, {
      intent: this.#operations.intent().kind,
      damping: this.#judge.damping(),
    });
    this.#decided.happen();
  }

  #view(): Omit<AgentReport, 'pid' | 'driver' | 'startedAt' | 'pop'> {
    const belief = this.#announcer.belief();
    const now = this.#parts.clock.monotonicMs();
    const phase = this.#drain.phase();
    return {
      intent: this.#operations.intent(),
      ...(this.#operations.intent().kind === 'drain' && phase && { drain: phase }),
      decision: decisionReport(this.#decision),
      standing: this.#judge.standing(belief),
      observation: observationReport(belief, now),
      checks: this.#checks.states().map(checkReport),
      damping: this.#judge.damping(),
      lease: this.#lease.report(),
      peers: this.#judge.peers(),
      selections: Object.fromEntries(this.#glass.selections()),
    };
  }
}
