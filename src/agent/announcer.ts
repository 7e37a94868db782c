/**
 * Makes the router do what was decided, and finds out whether it does: apply -> observe, one call at a time.
 *
 * `want` takes the whole desired state; the latest wins, and wakes the loop at once. A failed apply leaves the router as
 * it was and is tried again with a growing pause, for as long as it is wanted. After an accepted apply the router is
 * observed in quick succession until it shows what was asked; from then on once a second. What it shows otherwise is
 * drift: recorded, and applied again with the same growing pause. A session that is down is not drift: nothing that
 * could be applied brings it up.
 *
 * Belief comes from `observe` alone, and only an observation begun after the last apply confirms it. When observing
 * fails, belief is unknown.
 */
import { type Announcement, attributesKey } from '../routing/announcement.ts';
import type { Observation, RouteDriver, Session } from '../routing/route-driver.ts';
import { Bell } from '../system/bell.ts';
import type { Clock } from '../system/clock.ts';
import { describeError, Fault } from '../system/fault.ts';
import { Occasion } from '../system/occasion.ts';
import { within } from '../system/within.ts';
import type { AgentEvent } from './event-log.ts';
import type { SeenRoutes } from './lease/lease-keeper.ts';
import { isDrift, isNoDifference, type RouteDifference, routeDifference } from './route-difference.ts';

/** Milliseconds between observations when all is as it should be. */
const steadyMs = 1000;
/** Milliseconds between observations while the router does not answer: it may just be starting. */
const unknownMs = 200;
/** Pauses between observations that wait for a change to show: from the first, doubling to the second. */
const confirmPauseMs = { first: 2, last: 100 };
/** An accepted change that does not show after this long is drift. A router reconfigures within milliseconds. */
const confirmWithinMs = 2000;
/** Pauses before trying again: from the first, doubling to the second. */
const retryPauseMs = { first: 100, last: 5000 };
/** Milliseconds the router has for one call. */
const callTimeoutMs = 2000;

export interface AnnouncerParts {
  readonly driver: RouteDriver;
  /** Fallback prefixes, canonical text: announced by the sidecar whatever is wanted here. */
  readonly fallback: ReadonlySet<string>;
  readonly clock: Clock;
  /**
   * Whether `desired` may be applied at this moment, given what was last seen; asked right before. `wake` says that the
   * answer may be another one.
   */
  mayApply(desired: readonly Announcement[], seen: SeenRoutes | undefined): boolean;
  record(event: AgentEvent): void;
  /** Called after each attempt to observe. */
  onBelief(belief: Belief): void;
}

export type Belief =
  | { readonly known: false; readonly reason: string }
  | {
      readonly known: true;
      readonly atMonotonicMs: number;
      readonly observation: Observation;
      /** Against what is wanted; undefined while nothing is. */
      readonly difference: RouteDifference | undefined;
    };

export class Announcer implements AsyncDisposable {
  readonly #parts: AnnouncerParts;
  readonly #end = new AbortController();
  readonly #bell = new Bell();
  readonly #running: Promise<void>;
  #belief: Belief = { known: false, reason: 'not observed yet' };
  #desired: readonly Announcement[] | undefined;
  /** Counts changes of `#desired`; an apply and an observation belong to the one they began with. */
  #revision = 0;
  #applied = { revision: 0, atMs: 0 };
  /** Since when the router could have shown what was applied. */
  #confirmingSinceMs = 0;
  #settledRevision = 0;
  #failures = 0;
  #retryAtMs = 0;
  #mustApply = false;
  #confirmPauseMs = confirmPauseMs.first;
  #interrupt = new AbortController();
  readonly #looked = new Occasion();
  #shown = { exported: '', sessions: new Map<string, Session['state']>(), failed: false, drift: '' };

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Sets what shall be announced. Begins at once. */
  want(desired: readonly Announcement[]): void {
    if (this.#desired && keyOf(desired) === keyOf(this.#desired)) return;
    this.#desired = desired;
    this.#revision += 1;
    this.#mustApply = true;
    this.#failures = 0;
    this.#retryAtMs = 0;
    // An observation under way is of yesterday's wish: it must not delay this one.
    this.#interrupt.abort(new Error('superseded'));
    this.#bell.ring();
  }

  belief(): Belief {
    return this.#belief;
  }

  /** What `mayApply` said may no longer be so. */
  wake(): void {
    this.#bell.ring();
  }

  /** The router is another one than before, or has forgotten everything. */
  applyAgain(): void {
    this.#routerIsBack();
    this.#bell.ring();
  }

  /** Somebody else had the router: nothing that was wanted or seen before counts, until `want` and the next look. */
  forget(): void {
    this.#desired = undefined;
    this.#revision += 1;
    this.#mustApply = false;
    this.#belief = { known: false, reason: 'not observed since the sidecar had the routes' };
    this.#interrupt.abort(new Error('superseded'));
    this.#bell.ring();
  }

  /** Resolves when the first attempt to observe has ended, well or not. */
  async firstLook(signal: AbortSignal): Promise<void> {
    if (!this.#belief.known && this.#shown.failed === false) await this.#looked.next(signal);
  }

  /** Resolves when the router was seen to do what is wanted. Throws the signal's reason. */
  async settled(signal: AbortSignal): Promise<void> {
    while (this.#settledRevision !== this.#revision) await this.#looked.next(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('announcer ended'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#end;
    try {
      for (;;) {
        if (this.#mustApply && clock.monotonicMs() >= this.#retryAtMs && this.#mayApply())
          await this.#apply();
        await this.#observe();
        await this.#bell.wait(this.#pauseMs(), clock, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #pauseMs(): number {
    const now = this.#parts.clock.monotonicMs();
    const pollMs = this.#belief.known ? steadyMs : unknownMs;
    if (this.#mustApply && this.#mayApply()) return Math.min(pollMs, Math.max(0, this.#retryAtMs - now));
    const isConfirming =
      this.#settledRevision !== this.#revision && now - this.#confirmingSinceMs < confirmWithinMs;
    if (!isConfirming) return pollMs;
    const pause = this.#confirmPauseMs;
    this.#confirmPauseMs = Math.min(2 * pause, confirmPauseMs.last);
    return pause;
  }

  #mayApply(): boolean {
    const belief = this.#belief;
    const seen = belief.known
      ? { atMonotonicMs: belief.atMonotonicMs, observation: belief.observation }
      : undefined;
    return this.#parts.mayApply(this.#desired ?? [], seen);
  }

  async #apply(): Promise<void> {
    const { driver, clock, record } = this.#parts;
    const revision = this.#revision;
    const desired = this.#desired ?? [];
    const startedAt = clock.monotonicMs();
    try {
      await within({ ms: callTimeoutMs, clock, signals: [this.#end.signal] }, signal =>
        driver.apply(desired, signal),
      );
      this.#applied = { revision, atMs: startedAt };
      // It has just been told everything: nothing that it could have forgotten.
      this.#shown.failed = false;
      this.#confirmingSinceMs = startedAt;
      this.#confirmPauseMs = confirmPauseMs.first;
      // What was wanted meanwhile is still to be applied.
      if (revision === this.#revision) this.#mustApply = false;
      record({
        kind: 'applied',
        announced: desired.map(({ prefix }) => prefix.text),
        tookMs: clock.monotonicMs() - startedAt,
      });
    } catch (error) {
      this.#end.signal.throwIfAborted();
      if (revision !== this.#revision) return;
      const retryMs = this.#retryLater();
      record({
        kind: 'apply-failed',
        code: error instanceof Fault ? error.code : 'unexpected',
        attempt: this.#failures,
        retryMs,
        detail: describeError(error),
      });
    }
  }

  async #observe(): Promise<void> {
    const { driver, clock, record, onBelief } = this.#parts;
    const revision = this.#revision;
    this.#interrupt = new AbortController();
    try {
      const observation = await within(
        { ms: callTimeoutMs, clock, signals: [this.#end.signal, this.#interrupt.signal] },
        signal => driver.observe(signal),
      );
      if (this.#shown.failed) this.#routerIsBack();
      const difference = this.#desired && routeDifference(this.#desired, observation, this.#parts.fallback);
      this.#belief = { known: true, atMonotonicMs: clock.monotonicMs(), observation, difference };
      this.#recordChanges(observation);
      if (difference && revision === this.#revision) this.#judge(difference);
    } catch (error) {
      this.#end.signal.throwIfAborted();
      if (this.#interrupt.signal.aborted) return;
      this.#belief = { known: false, reason: describeError(error) };
      if (!this.#shown.failed) record({ kind: 'observe-failed', detail: describeError(error) });
      this.#shown.failed = true;
      // What is seen next is seen anew, also when it is what it was.
      this.#shown.exported = '';
    }
    onBelief(this.#belief);
    this.#looked.happen();
  }

  /** A router that was away may have forgotten everything, and one that refused may have been starting. */
  #routerIsBack(): void {
    this.#shown.failed = false;
    this.#mustApply = this.#desired !== undefined;
    this.#failures = 0;
    this.#retryAtMs = 0;
  }

  /** What an observation of the present wish means. */
  #judge(difference: RouteDifference): void {
    if (this.#applied.revision !== this.#revision) return;
    if (isNoDifference(difference)) {
      this.#settledRevision = this.#revision;
      this.#shown.drift = '';
      if (!this.#mustApply) this.#failures = 0;
      return;
    }
    const now = this.#parts.clock.monotonicMs();
    if (!isDrift(difference)) {
      // No session carries it. When one comes back, the router has its time again to export over it.
      this.#settledRevision = 0;
      this.#confirmingSinceMs = now;
      return;
    }
    const wasSettled = this.#settledRevision === this.#revision;
    const isLate = now - this.#confirmingSinceMs >= confirmWithinMs;
    if (this.#mustApply || !(wasSettled || isLate)) return;
    const { missing, extra, different } = difference;
    const key = JSON.stringify([missing, extra, different]);
    if (key !== this.#shown.drift) this.#parts.record({ kind: 'drift', missing, extra, different });
    this.#shown.drift = key;
    this.#settledRevision = 0;
    this.#mustApply = true;
    this.#retryLater();
  }

  /** Sets the time of the next attempt; gives the pause until then. */
  #retryLater(): number {
    const pause = Math.min(retryPauseMs.first * 2 ** this.#failures, retryPauseMs.last);
    this.#failures += 1;
    this.#retryAtMs = this.#parts.clock.monotonicMs() + pause;
    return pause;
  }

  #recordChanges({ exported, sessions }: Observation): void {
    const { record, fallback, clock } = this.#parts;
    for (const { neighbour, family, state, detail } of sessions) {
      const key = `${neighbour}/${family}`;
      if (this.#shown.sessions.get(key) === state) continue;
      this.#shown.sessions.set(key, state);
      record({ kind: 'session', neighbour, family, state, detail });
    }
    const prefixes = [...exported.keys()].filter(prefix => !fallback.has(prefix)).sort();
    const key = JSON.stringify(prefixes);
    if (key === this.#shown.exported) return;
    this.#shown.exported = key;
    record({
      kind: 'observed',
      outcome: prefixes.length > 0 ? 'announced' : 'withdrawn',
      exported: prefixes,
      ...(this.#applied.revision > 0 && { sinceApplyMs: clock.monotonicMs() - this.#applied.atMs }),
    });
  }
}

function keyOf(desired: readonly Announcement[]): string {
  return JSON.stringify(desired.map(route => [route.prefix.text, attributesKey(route)]));
}
