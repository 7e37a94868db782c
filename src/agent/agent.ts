/**
 * The agent of one PoP: watches the service as a client does, decides what the PoP announces, and sees that it is so.
 *
 *   probe -> step (hysteresis) -> decide -> apply -> observe
 *
 * Probing and stepping is `CheckWatch`, applying and observing is `Announcer`; each runs by itself and calls in here when
 * something changed. Here is only the middle: collect the situation, `decide`, hand the result on. That takes no time
 * and waits for nothing, so a verdict that cannot wait does not.
 *
 * What always holds:
 * - nothing is announced before the first look at the router, the address on `lo`, and every gating check up;
 * - what an operator asked for is written down before it is done, and outlives the agent;
 * - operations on the address (drain, undrain, putting back what someone took away) run one after the other;
 * - ending withdraws, waits to see it, and leaves the address: the resolver still answers who is on the way.
 *
 * Not here: what makes a verdict (health/), what an announcement becomes (routing/), the lease to the sidecar.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import { hostPrefix } from '../ip/prefix.ts';
import { type Announcement, plainAnnouncement } from '../routing/announcement.ts';
import type { RouteDriver } from '../routing/route-driver.ts';
import type { Clock } from '../system/clock.ts';
import { describeError, Fault } from '../system/fault.ts';
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
import { type Decision, decide, decisionKey, sentenceOf, serviceStateOf } from './decide.ts';
import { type DrainPhase, type DrainReport, drain } from './drain.ts';
import { EventLog, type EventSink } from './event-log.ts';
import type { Intent, IntentKind, IntentStore } from './intent.ts';
import type { AgentMetrics } from './metrics.ts';
import { untilQuiet } from './quiet.ts';
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

/** What became of an undrain. */
export interface UndrainReport {
  readonly announced: boolean;
  /** Milliseconds from the request until the announcement was seen, or until it was clear that none follows. */
  readonly afterMs: number;
  readonly reason: string;
}

/** A drain under way or done. */
interface Drain {
  readonly cancel: AbortController;
  readonly report: Promise<DrainReport>;
}

/** Milliseconds that an undrain waits for the announcement before it reports how things stand. */
const undrainWaitMs = 10_000;
/** Milliseconds that ending waits to see the withdrawal. */
const endWaitMs = 3000;

export class Agent implements AsyncDisposable {
  readonly #parts: AgentParts;
  readonly #events: EventLog;
  readonly #announcer: Announcer;
  readonly #checks: CheckWatch;
  readonly #keeper: AddressKeeper;
  readonly #wanted: readonly Announcement[];
  readonly #end = new AbortController();
  readonly #decided = new Occasion();
  readonly #startedAt: string;
  #intent: Intent;
  #decision: Decision = {
    announcements: [],
    reason: { kind: 'starting', waitingFor: ['the first look at the router'], kept: false },
  };
  #hasLooked = false;
  #ending = false;
  #serviceState: ReturnType<typeof serviceStateOf> = 'pending';
  #drainPhase: DrainPhase | undefined;
  #draining: Drain | undefined;

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
    const { slice, clock, metrics } = parts;
    this.#parts = parts;
    this.#intent = intent;
    this.#startedAt = new Date(clock.wallMs()).toISOString();
    this.#wanted = slice.config.service.addresses.map(address => plainAnnouncement(hostPrefix(address)));
    this.#events = new EventLog(clock, parts.log);
    this.#events.onEvent(event => {
      if (event.kind === 'drain') this.#drainPhase = event.phase;
      metrics.onEvent(event);
    });
    const record = this.#events.record.bind(this.#events);
    this.#checks = new CheckWatch({
      checks: parts.checks,
      context: {
        clock,
        pop: slice.name,
        serviceAddresses: slice.config.service.addresses,
        managementAddresses: slice.pop.management,
        servicePort: slice.config.resolver.port,
        runDirectory: parts.runDirectory,
      },
      random: parts.random,
      record,
      onChange: () => this.#reconsider(),
      onVerdict: metrics.onVerdict,
    });
    this.#keeper = new AddressKeeper({
      addresses: parts.addresses,
      clock,
      record,
      onChange: () => this.#reconsider(),
      isWanted: () => this.#intent.kind !== 'drain',
    });
    this.#announcer = new Announcer({
      driver: parts.driver,
      fallback: new Set(slice.config.service.fallback.map(prefix => prefix.text)),
      clock,
      record,
      onBelief: belief => {
        metrics.onBelief(belief);
        if (this.#decision.reason.kind === 'starting') this.#reconsider();
      },
    });
  }

  async #begin(): Promise<void> {
    const { driver } = this.#parts;
    this.#events.record({ kind: 'started', intent: this.#intent.kind, driver: driver.kind });
    this.#checks.startWatches();
    if (this.#intent.kind !== 'drain') {
      await this.#keeper.put();
      this.#checks.startProbes();
    }
    await this.#announcer.firstLook(this.#end.signal);
    this.#hasLooked = true;
    if (this.#intent.kind === 'drain') this.#startDrain();
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
    return { pop: this.#parts.slice.name, ...this.#view(), events: this.#events.events() };
  }

  events(): EventLog {
    return this.#events;
  }

  /** Takes this PoP out of service; see `drain.ts`. Several callers share one drain. */
  async drain(): Promise<DrainReport> {
    return await (this.#draining ?? this.#startDrain()).report;
  }

  /** Withdraws and goes on answering. Resolves when the router was seen to export nothing. */
  async withdraw(): Promise<void> {
    await this.#endDrain('withdraw');
    await this.#keeper.alone(async () => {
      await this.#keeper.put();
      await this.#setIntent('withdraw');
      this.#checks.startProbes();
      this.#reconsider();
    });
    await this.#announcer.settled(this.#end.signal);
  }

  /** Back into service: address on `lo` -> probe -> announce. Resolves when that is seen, or will not be. */
  async undrain(): Promise<UndrainReport> {
    const { clock } = this.#parts;
    const startedAt = clock.monotonicMs();
    await this.#endDrain('undrain');
    await this.#keeper.alone(async () => {
      await this.#keeper.put();
      await this.#setIntent('serve');
      this.#checks.startProbes();
      this.#reconsider();
    });
    const limits = { ms: undrainWaitMs, clock, signals: [this.#end.signal] };
    const announced = await isTrueWithin(limits, async signal => {
      while (this.#decision.reason.kind === 'starting') await this.#decided.next(signal);
      await this.#announcer.settled(signal);
    });
    return {
      announced: announced && this.#decision.announcements.length > 0,
      afterMs: clock.monotonicMs() - startedAt,
      reason: sentenceOf(this.#decision),
    };
  }

  /** Withdraws and waits to see it, at most `endWaitMs` and not after `skip` aborts. Gives whether it was seen. */
  async end(skip: AbortSignal): Promise<boolean> {
    this.#ending = true;
    this.#reconsider();
    const limits = { ms: endWaitMs, clock: this.#parts.clock, signals: [skip, this.#end.signal] };
    return await isTrueWithin(limits, signal => this.#announcer.settled(signal));
  }

  /** Stops at once and leaves the router as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Fault('unreachable', 'the agent is ending'));
    this.#draining?.cancel.abort(this.#end.signal.reason);
    await this.#keeper[Symbol.asyncDispose]();
    await this.#checks[Symbol.asyncDispose]();
    await this.#announcer[Symbol.asyncDispose]();
    await this.#parts.driver[Symbol.asyncDispose]();
  }

  #reconsider(): void {
    if (!this.#hasLooked) return;
    const { metrics } = this.#parts;
    const belief = this.#announcer.belief();
    const checks = this.#checks.states();
    const addressFault = this.#keeper.fault();
    const before = decisionKey(this.#decision);
    this.#decision = decide({
      wanted: this.#wanted,
      checks,
      intent: this.#intent,
      ending: this.#ending,
      ...(addressFault !== undefined && { addressFault }),
      exported: belief.known ? new Set(belief.observation.exported.keys()) : undefined,
    });
    this.#announcer.want(this.#decision.announcements);
    const state = serviceStateOf(checks);
    if (state !== this.#serviceState)
      this.#events.record({ kind: 'service-state', from: this.#serviceState, to: state });
    this.#serviceState = state;
    const { kind, reason, announced } = decisionReport(this.#decision);
    if (decisionKey(this.#decision) !== before)
      this.#events.record({ kind: 'decision', reason: kind, announced, detail: reason });
    metrics.onDecision(this.#decision, this.#intent.kind);
    this.#decided.happen();
  }

  #startDrain(): Drain {
    const { clock, addresses, slice, runDirectory } = this.#parts;
    const { quiet: quietMs, timeout: timeoutMs } = slice.config.drain;
    const cancel = new AbortController();
    const parts = {
      clock,
      addresses,
      record: this.#events.record.bind(this.#events),
      withdraw: () => this.#reconsider(),
      withdrawn: (signal: AbortSignal) => this.#announcer.settled(signal),
      pauseProbes: () => this.#checks.pauseProbes(),
      untilQuiet: (signal: AbortSignal) =>
        untilQuiet(`${runDirectory}/resolver.sock`, { quietMs, timeoutMs }, { clock, signal }),
    };
    const report = this.#keeper.alone(async () => {
      cancel.signal.throwIfAborted();
      if (this.#intent.kind !== 'drain') await this.#setIntent('drain');
      return await drain(parts, cancel.signal);
    });
    const draining = { cancel, report };
    this.#draining = draining;
    // Whoever asked for the drain hears of its failure; a drain that was resumed at the start has only the log.
    report.catch(error => {
      if (cancel.signal.aborted) return;
      this.#draining = undefined;
      this.#events.record({ kind: 'address', outcome: 'failed', detail: describeError(error) });
    });
    return draining;
  }

  /** Ends a drain under way, and forgets one that is done. */
  async #endDrain(by: string): Promise<void> {
    this.#draining?.cancel.abort(new Fault('refused', `the drain was ended by anycast ${by}`));
    await this.#draining?.report.catch(() => undefined);
    this.#draining = undefined;
    this.#drainPhase = undefined;
  }

  async #setIntent(kind: IntentKind): Promise<void> {
    const intent = { kind, since: new Date(this.#parts.clock.wallMs()).toISOString() };
    await this.#parts.intents.write(intent);
    this.#intent = intent;
  }

  #view(): Omit<AgentReport, 'pid' | 'driver' | 'startedAt' | 'pop'> {
    const belief = this.#announcer.belief();
    const now = this.#parts.clock.monotonicMs();
    return {
      intent: this.#intent,
      ...(this.#intent.kind === 'drain' && this.#drainPhase && { drain: this.#drainPhase }),
      decision: decisionReport(this.#decision),
      observation: observationReport(belief, now),
      checks: this.#checks.states().map(checkReport),
    };
  }
}
