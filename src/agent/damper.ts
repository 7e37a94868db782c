/** Counts the flaps of this PoP's routes, and says how long they must wait before they return. */
import type { DampingConfig } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import {
  type Damping,
  type DampingRules,
  flap,
  penaltyAt,
  returnsAt,
  suppressedUntil,
  undamped,
} from './damping.ts';
import { type Hold, type Reason, severityOf } from './decide.ts';
import type { AgentEvent } from './event-log.ts';

export interface DamperParts {
  readonly config: DampingConfig;
  readonly clock: Clock;
  record(event: AgentEvent): void;
  /** Called when a hold is over. */
  onOver(): void;
}

export interface DampingReport {
  /** Flaps that count by now. */
  readonly penalty: number;
  readonly suppressed: boolean;
  /** Milliseconds until the suppression ends. */
  readonly suppressedForMs?: number;
}

export class Damper implements AsyncDisposable {
  readonly #rules: DampingRules | undefined;
  readonly #parts: DamperParts;
  #damping: Damping = undamped;
  /** What the last fault took from the routes and the hold has not given back. */
  #owed: Hold['effect'] | undefined;
  #wellSinceMs: number | undefined;
  #before: Reason['kind'] = 'starting';
  #severity = 0;
  #alarm = { atMs: 0, end: new AbortController() };

  constructor(parts: DamperParts) {
    this.#parts = parts;
    this.#rules = parts.config === 'off' ? undefined : parts.config;
  }

  /** The hold for a decision that was made without one; to be told of each. */
  holdFor(reason: Reason): Hold | undefined {
    if (!this.#rules) return undefined;
    const nowMs = this.#parts.clock.monotonicMs();
    const severity = severityOf(reason);
    if (severity > this.#severity && isService(this.#before)) this.#flap(nowMs, this.#rules);
    if (severity > 0) this.#owed = severity === 2 || this.#owed === 'withdraw' ? 'withdraw' : 'degrade';
    this.#severity = severity;
    this.#before = reason.kind;
    if (reason.kind !== 'all-checks-up' && reason.kind !== 'faults-tolerated') {
      this.#wellSinceMs = undefined;
      return undefined;
    }
    return this.#owed && this.#hold(this.#owed, nowMs, this.#rules);
  }

  /** Forgets all flaps: an operator's word. */
  forget(): void {
    this.#damping = undamped;
    this.#owed = undefined;
    this.#wellSinceMs = undefined;
  }

  report(): DampingReport {
    if (!this.#rules) return { penalty: 0, suppressed: false };
    const nowMs = this.#parts.clock.monotonicMs();
    const until = suppressedUntil(this.#damping, this.#rules) ?? 0;
    const penalty = Math.round(penaltyAt(this.#damping, nowMs, this.#rules) * 100) / 100;
    return until > nowMs
      ? { penalty, suppressed: true, suppressedForMs: Math.round(until - nowMs) }
      : { penalty, suppressed: false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alarm.end.abort(new Error('the agent is ending'));
  }

  #hold(effect: Hold['effect'], nowMs: number, rules: DampingRules): Hold | undefined {
    this.#wellSinceMs ??= nowMs;
    const untilMs = returnsAt(this.#damping, this.#wellSinceMs, rules);
    if (nowMs >= untilMs) {
      this.#owed = undefined;
      return undefined;
    }
    this.#wakeAt(untilMs, nowMs);
    const suppressed = (suppressedUntil(this.#damping, rules) ?? 0) > nowMs;
    return { effect, until: this.#wallTime(untilMs, nowMs), suppressed };
  }

  #flap(nowMs: number, rules: DampingRules): void {
    this.#damping = flap(this.#damping, nowMs, rules);
    const { penalty, suppressed } = this.#damping;
    const untilMs = suppressedUntil(this.#damping, rules);
    this.#parts.record({
      kind: 'damping',
      penalty: Math.round(penalty * 100) / 100,
      suppressed,
      ...(untilMs !== undefined && { untilMs, until: this.#wallTime(untilMs, nowMs) }),
    });
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (this.#alarm.atMs === atMs) return;
    this.#alarm.end.abort(new Error('another time'));
    const end = new AbortController();
    this.#alarm = { atMs, end };
    this.#parts.clock.sleep(atMs - nowMs, end.signal).then(
      () => {
        // A timer may fire a little early: then it is not over, and another one is needed.
        this.#alarm.atMs = 0;
        this.#parts.onOver();
      },
      () => undefined,
    );
  }

  /** A moment of the monotonic clock, to the second: a decision is not another one because a clock drifted. */
  #wallTime(atMs: number, nowMs: number): string {
    const ms = this.#parts.clock.wallMs() + atMs - nowMs;
    return new Date(Math.ceil(ms / 1000) * 1000).toISOString();
  }
}

/** Only what was in service can flap. */
function isService(kind: Reason['kind']): boolean {
  return (
    kind === 'all-checks-up' || kind === 'faults-tolerated' || kind === 'degraded' || kind === 'at-floor'
  );
}
