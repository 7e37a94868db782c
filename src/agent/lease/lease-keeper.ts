/**
 * Keeps the agent's lease at the sidecar: renews it three times as often as needed, and knows at every moment whether
 * it stands.
 *
 * The one rule: who announces needs the lease, who withdraws never does. `mayApply` says it of a wish; whoever is about to
 * apply asks it right before, and applies anew after `onLapsed`. What always holds:
 * - The lease is counted by our own monotonic clock from before a renewal was sent, so it is over here before it is
 *   over at the sidecar. An agent that wakes from a freeze finds it over, and applies nothing that it decided before.
 * - `onLapsed` is called before the lease counts as held again: what follows from it comes before any apply.
 * - A sidecar that does not answer may be frozen and may wake: the lease is lost, not void. Only where nobody serves
 *   `sidecar.sock` is there nobody else at the router; then we go without, and say so.
 *
 * How it is lost and what the sidecar then does: `src/sidecar/lease.ts`.
 */
import type { Announcement } from '../../routing/announcement.ts';
import type { Observation } from '../../routing/route-driver.ts';
import { Bell } from '../../system/bell.ts';
import type { Clock } from '../../system/clock.ts';
import { type ControlClient, connectControl } from '../../system/control-socket.ts';
import { describeError, Fault } from '../../system/fault.ts';
import { Occasion } from '../../system/occasion.ts';
import { within } from '../../system/within.ts';
import { announcesLess } from './announces-less.ts';
import { type LapseRoutes, type LeaseAnswer, leaseAnswer } from './lease-answer.ts';
import type { LeaseEvent, LeaseState } from './lease-event.ts';

export interface LeaseKeeperParts {
  readonly pop: string;
  /** The PoP's folder of control sockets. */
  readonly runDirectory: string;
  /** As configured; the sidecar's own word counts once there is one. */
  readonly durationMs: number;
  /** Names this life of this agent; no two are alike. */
  readonly agent: string;
  readonly clock: Clock;
  record(event: LeaseEvent): void;
  /**
   * The sidecar had the routes, and did this with them. Nothing known or observed before counts any more. Must be done when
   * it returns.
   */
  onLapsed(routes: LapseRoutes): void;
  /** Another sidecar than before, or the first after there was none: its router announces nothing yet. */
  onFreshSidecar(): void;
  /** What `mayApply` says may have changed. */
  onChange(state: LeaseState): void;
}

export interface LeaseReport {
  readonly state: LeaseState;
  readonly detail: string;
  readonly remainingMs: number;
  readonly lapses: number;
}

/** What the router was seen to do, and when. */
export interface SeenRoutes {
  readonly atMonotonicMs: number;
  readonly observation: Observation;
}

/** Renewals in the time that one lasts: two may be lost. */
const renewalsPerLease = 3;
/** Milliseconds until the next attempt after one that failed. */
const retryMs = 100;
/** Milliseconds between looks for a sidecar where there is none. */
const lookEveryMs = 250;
/** How long "nobody is there" is believed. */
const nobodyForMs = 1000;
/** Milliseconds that a release waits for its answer. */
const releaseWithinMs = 1000;

export class LeaseKeeper implements AsyncDisposable {
  readonly #parts: LeaseKeeperParts;
  readonly #end = new AbortController();
  readonly #bell = new Bell();
  readonly #asked = new Occasion();
  readonly #running: Promise<void>;
  #client: ControlClient | undefined;
  #known: Pick<LeaseAnswer, 'sidecar' | 'term'> | undefined;
  #state: LeaseState | undefined;
  #detail = 'the sidecar was not asked yet';
  #durationMs: number;
  /** Until when the state counts, if it permits anything. */
  #untilMs = 0;
  #lapses = 0;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
    this.#durationMs = parts.durationMs;
    this.#running = this.#run();
  }

  /** Whether the lease stands at this moment. */
  isHeld(nowMs = this.#parts.clock.monotonicMs()): boolean {
    return this.#state === 'held' && nowMs < this.#untilMs;
  }

  /**
   * Whether `desired` may be applied now: with a lease, or where there is no sidecar, or when it announces less.
   * `seen` is the last observation; it says what less is, if it was made after the lease had run out.
   */
  mayApply(desired: readonly Announcement[], seen?: SeenRoutes): boolean {
    if (desired.length === 0 || this.#mayAnnounce()) return true;
    return (
      seen !== undefined &&
      seen.atMonotonicMs > this.#untilMs &&
      announcesLess(desired, seen.observation.exported)
    );
  }

  /** Resolves when something may be announced; renews at once if the lease has run out. Throws the signal's reason. */
  async held(signal: AbortSignal): Promise<void> {
    if (!this.#mayAnnounce()) this.#bell.ring();
    while (!this.#mayAnnounce()) await this.#asked.next(signal);
  }

  /** Resolves when the sidecar was asked for the first time, whatever came of it. Throws the signal's reason. */
  async firstAnswer(signal: AbortSignal): Promise<void> {
    while (this.#state === undefined) await this.#asked.next(signal);
  }

  report(): LeaseReport {
    const now = this.#parts.clock.monotonicMs();
    return {
      state: this.#state === 'held' && !this.isHeld(now) ? 'lost' : (this.#state ?? 'lost'),
      detail: this.#detail,
      remainingMs: this.isHeld(now) ? this.#untilMs - now : 0,
      lapses: this.#lapses,
    };
  }

  /**
   * Ends the lease in good order, and the renewing with it. `withdraw`: the sidecar sees to it that no host route stays,
   * so what the agent could not do itself is done. `keep`: the routes stay until the lease runs out. At most a second.
   */
  async release(routes: 'withdraw' | 'keep'): Promise<void> {
    const { pop, agent, clock } = this.#parts;
    await this.#stop();
    const client = this.#client;
    if (!client || this.#state !== 'held') return;
    this.#untilMs = clock.monotonicMs();
    try {
      await within({ ms: releaseWithinMs, clock, signals: [] }, signal =>
        client.request('release', { pop, agent, routes }, signal),
      );
      this.#detail = 'released';
    } catch (error) {
      this.#become('lost', `could not release the lease: ${describeError(error)}`);
    }
  }

  /** Stops renewing and leaves the lease as it is: a successor may go on with it until it runs out. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    await this.#client?.[Symbol.asyncDispose]();
  }

  async #stop(): Promise<void> {
    this.#end.abort(new Error('the agent is ending'));
    await this.#running;
  }

  #mayAnnounce(): boolean {
    return (
      (this.#state === 'held' || this.#state === 'no-sidecar') &&
      this.#parts.clock.monotonicMs() < this.#untilMs
    );
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#end;
    try {
      for (;;) {
        const pauseMs = await this.#ask();
        this.#asked.happen();
        await this.#bell.wait(pauseMs, clock, signal);
        this.#noticeEnd();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Renews once. Gives the milliseconds until the next time. */
  async #ask(): Promise<number> {
    const { clock } = this.#parts;
    const sentMs = clock.monotonicMs();
    try {
      const client = await this.#connected();
      const answer = await this.#request(client, sentMs);
      this.#noticeEnd();
      this.#onAnswer(answer, sentMs);
      return Math.max(0, sentMs + this.#durationMs / renewalsPerLease - clock.monotonicMs());
    } catch (error) {
      this.#end.signal.throwIfAborted();
      this.#noticeEnd();
      if (!isNobodyThere(error)) {
        if (!this.isHeld()) this.#become('lost', describeError(error));
        return retryMs;
      }
      this.#untilMs = sentMs + nobodyForMs;
      this.#become(
        'no-sidecar',
        'nobody serves sidecar.sock: the router runs without our sidecar, or not at all',
      );
      return lookEveryMs;
    }
  }

  async #request(client: ControlClient, sentMs: number): Promise<LeaseAnswer> {
    const { pop, agent, clock } = this.#parts;
    // Not beyond the end of the lease: that is when its loss is to be told.
    const shareMs = this.#durationMs / renewalsPerLease;
    const ms = this.isHeld(sentMs) ? Math.min(shareMs, this.#untilMs - sentMs) : shareMs;
    const args = { pop, agent, pid: process.pid, ...(this.#known && { known: this.#known }) };
    try {
      return leaseAnswer(
        await within({ ms, clock, signals: [this.#end.signal] }, signal =>
          client.request('renew', args, signal),
        ),
      );
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'timeout') throw error;
      throw new Fault('timeout', 'the sidecar does not answer', { cause: error });
    }
  }

  #onAnswer({ lapsed, durationMs, ...known }: LeaseAnswer, sentMs: number): void {
    const { record, onLapsed, onFreshSidecar } = this.#parts;
    const isFresh = this.#known ? this.#known.sidecar !== known.sidecar : this.#state === 'no-sidecar';
    this.#durationMs = durationMs;
    if (lapsed) {
      this.#untilMs = 0;
      this.#noticeEnd();
      this.#lapses += 1;
      const detail = lapsed === 'withdraw' ? 'it withdrew the host routes' : 'it left the host routes';
      record({ kind: 'lease-lapsed', routes: lapsed, detail: `the sidecar took over: ${detail}` });
      onLapsed(lapsed);
    }
    if (isFresh) onFreshSidecar();
    // Not before: what was not done about a lapse is told again.
    this.#known = known;
    this.#untilMs = sentMs + durationMs;
    if (this.#parts.clock.monotonicMs() < this.#untilMs) this.#become('held', 'renewed');
    else this.#become('lost', 'the sidecar answered when the lease was over again');
  }

  /** The lease has run out by our own clock. */
  #noticeEnd(): void {
    if (this.#state !== 'held' || this.isHeld()) return;
    this.#become('lost', 'it ran out before it was renewed');
  }

  #become(state: LeaseState, detail: string): void {
    this.#detail = detail;
    if (state === this.#state) return;
    this.#state = state;
    this.#parts.record({ kind: 'lease', state, detail });
    this.#parts.onChange(state);
  }

  async #connected(): Promise<ControlClient> {
    if (this.#client) return this.#client;
    const client = await connectControl(`${this.#parts.runDirectory}/sidecar.sock`);
    this.#client = client;
    void client.closed.then(() => {
      if (this.#client === client) this.#client = undefined;
      this.#bell.ring();
    });
    return client;
  }
}

/** The kernel's word that no process has the socket open. */
function isNobodyThere(error: unknown): boolean {
  const cause = error instanceof Fault ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === 'ENOENT' || cause?.code === 'ECONNREFUSED';
}
