/**
 * What an operator may ask of this PoP: drain, withdraw, undrain. Each is written down before it is done, so that it
 * outlives the agent, and changes the service address only when every earlier operation on it has ended.
 */
import type { Clock } from '../system/clock.ts';
import { Fault } from '../system/fault.ts';
import type { Occasion } from '../system/occasion.ts';
import { isTrueWithin } from '../system/within.ts';
import type { AddressKeeper } from './address-keeper.ts';
import type { Announcer } from './announcer.ts';
import type { CheckWatch } from './check-watch.ts';
import type { Decision } from './decide.ts';
import { sentenceOf } from './decision-text.ts';
import type { DrainReport } from './drain.ts';
import type { DrainControl } from './drain-control.ts';
import type { Intent, IntentKind, IntentStore } from './intent.ts';
import type { Judge } from './judge.ts';

export interface OperationsParts {
  readonly clock: Clock;
  readonly intents: IntentStore;
  readonly keeper: AddressKeeper;
  readonly checks: CheckWatch;
  readonly judge: Judge;
  readonly announcer: Announcer;
  readonly drain: DrainControl;
  /** Aborts when the agent ends. */
  readonly signal: AbortSignal;
  /** Happens after each decision. */
  readonly decided: Occasion;
  decision(): Decision;
  /** Decides anew. */
  reconsider(): void;
}

/** What became of an undrain. */
export interface UndrainReport {
  readonly announced: boolean;
  /** Milliseconds from the request until the announcement was seen, or until it was clear that none follows. */
  readonly afterMs: number;
  readonly reason: string;
}

/** Milliseconds that an undrain waits for the announcement before it reports how things stand. */
const undrainWaitMs = 10_000;

export class Operations {
  readonly #parts: OperationsParts;
  #intent: Intent;

  constructor(intent: Intent, parts: OperationsParts) {
    this.#parts = parts;
    this.#intent = intent;
  }

  intent(): Intent {
    return this.#intent;
  }

  /**
   * Takes this PoP out of service; see `drain.ts`. Several callers share one drain.
   * @throws Fault `refused` when too few other PoPs would be left, unless `force`.
   */
  async drain({ force = false } = {}): Promise<DrainReport> {
    const { drain } = this.#parts;
    if (!force && !drain.isUnderWay()) await this.#assertFloor('drain');
    return await drain.start(async () => {
      if (this.#intent.kind !== 'drain') await this.#setIntent('drain');
    });
  }

  /**
   * Withdraws and goes on answering. Resolves when the router was seen to export nothing.
   * @throws Fault `refused` as `drain` does.
   */
  async withdraw({ force = false } = {}): Promise<void> {
    const { drain, announcer, signal } = this.#parts;
    if (!force) await this.#assertFloor('drain --keep-answering');
    await drain.end('drain --keep-answering');
    await this.#serve('withdraw');
    await announcer.settled(signal);
  }

  /** Back into service: address on `lo` -> probe -> announce. Resolves when that is seen, or will not be. */
  async undrain(): Promise<UndrainReport> {
    const { clock, drain, judge, announcer, decided, decision, signal: end } = this.#parts;
    const startedAt = clock.monotonicMs();
    await drain.end('undrain');
    judge.floor.giveBack();
    judge.forgetFlaps();
    await this.#serve('serve');
    const announced = await isTrueWithin({ ms: undrainWaitMs, clock, signals: [end] }, async signal => {
      while (decision().reason.kind === 'starting') await decided.next(signal);
      await announcer.settled(signal);
    });
    return {
      announced: announced && decision().announcements.length > 0,
      afterMs: clock.monotonicMs() - startedAt,
      reason: sentenceOf(decision()),
    };
  }

  /** Puts the address there and probes it; whether it is announced is the intent's. */
  async #serve(kind: IntentKind): Promise<void> {
    const { keeper, checks, reconsider } = this.#parts;
    await keeper.alone(async () => {
      await keeper.put();
      await this.#setIntent(kind);
      checks.startProbes();
      reconsider();
    });
  }

  /** @throws Fault `refused` when an operator's wish would leave too few PoPs. */
  async #assertFloor(verb: string): Promise<void> {
    const { decision, judge, signal } = this.#parts;
    if (decision().announcements.length === 0 || (await judge.floor.request(signal))) return;
    throw new Fault(
      'refused',
      'too few other PoPs are known to announce and to stay: see service.minimumPops',
      {
        hint: `anycast status shows the others; bring one back first, or take this one out all the same: anycast ${verb} --force`,
      },
    );
  }

  async #setIntent(kind: IntentKind): Promise<void> {
    const intent = { kind, since: new Date(this.#parts.clock.wallMs()).toISOString() };
    await this.#parts.intents.write(intent);
    this.#intent = intent;
  }
}
