/** The drain of one PoP: begun, shared by whoever asks for it, cancelled by what an operator wants instead. */
import type { PopSlice } from '../config/anycast-config.ts';
import { gracefulShutdown, noAttributes, type RouteAttributes } from '../routing/announcement.ts';
import type { Clock } from '../system/clock.ts';
import { describeError, Fault } from '../system/fault.ts';
import { isTrueWithin } from '../system/within.ts';
import { type DrainPhase, type DrainReport, drain } from './drain.ts';
import type { AgentEvent } from './event-log.ts';
import { untilQuiet } from './quiet.ts';
import type { ServiceAddresses } from './service-address.ts';

export interface DrainControlParts {
  readonly slice: PopSlice;
  readonly clock: Clock;
  readonly addresses: ServiceAddresses;
  readonly runDirectory: string;
  record(event: AgentEvent): void;
  /** Runs `work` when every earlier operation on the addresses has ended. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Whether any service route is announced at the moment. */
  isAnnouncing(): boolean;
  /** Decides anew. */
  reconsider(): void;
  settled(signal: AbortSignal): Promise<void>;
  /** Resolves when no neighbour's best path leads here; absent when no neighbour can be asked. */
  readonly unselected?: (signal: AbortSignal) => Promise<void>;
  pauseProbes(): Promise<void>;
}

interface Drain {
  readonly cancel: AbortController;
  readonly report: Promise<DrainReport>;
}

export class DrainControl implements AsyncDisposable {
  readonly #parts: DrainControlParts;
  #draining: Drain | undefined;
  #phase: DrainPhase | undefined;
  #leaving: RouteAttributes | undefined;

  constructor(parts: DrainControlParts) {
    this.#parts = parts;
  }

  /** The last step taken; undefined when there is no drain. */
  phase(): DrainPhase | undefined {
    return this.#phase;
  }

  /** What the routes say while others take over. */
  leaving(): RouteAttributes | undefined {
    return this.#leaving;
  }

  isUnderWay(): boolean {
    return this.#draining !== undefined;
  }

  /** Drains, or joins the drain under way. `before` writes down that it is wanted. */
  async start(before: () => Promise<void>): Promise<DrainReport> {
    this.#draining ??= this.#begin(before);
    return await this.#draining.report;
  }

  /** Ends a drain under way, and forgets one that is done. */
  async end(by: string): Promise<void> {
    this.#draining?.cancel.abort(new Fault('refused', `the drain was ended by anycast ${by}`));
    await this.#draining?.report.catch(() => undefined);
    this.#forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining?.cancel.abort(new Fault('unreachable', 'the agent is ending'));
    await this.#draining?.report.catch(() => undefined);
  }

  #begin(before: () => Promise<void>): Drain {
    const { alone, record } = this.#parts;
    const cancel = new AbortController();
    const report = alone(async () => {
      cancel.signal.throwIfAborted();
      const leave = this.#leave();
      // Before the intent is written: from then on the decision would be to withdraw.
      leave?.prepare();
      await before();
      return await drain(this.#drainParts(leave), cancel.signal);
    });
    // Whoever asked for the drain hears of its failure; a drain that was resumed at the start has only the log.
    report.catch(error => {
      if (cancel.signal.aborted) return;
      this.#forget();
      record({ kind: 'address', outcome: 'failed', detail: describeError(error) });
    });
    return { cancel, report };
  }

  #forget(): void {
    this.#draining = undefined;
    this.#phase = undefined;
    this.#leaving = undefined;
  }

  #drainParts(leave: { readonly forMs: number; begin(): void } | undefined): Parameters<typeof drain>[0] {
    const { clock, addresses, slice, runDirectory, record, reconsider, settled, unselected } = this.#parts;
    const { quiet: quietMs, timeout: timeoutMs } = slice.config.drain;
    return {
      clock,
      addresses,
      record: event => {
        if (event.kind === 'drain') this.#phase = event.phase;
        record(event);
      },
      ...(leave && { leave }),
      withdraw: () => {
        this.#leaving = undefined;
        reconsider();
      },
      settled,
      ...(unselected && {
        unselected: async (signal: AbortSignal) =>
          await isTrueWithin({ ms: timeoutMs, clock, signals: [signal] }, unselected),
      }),
      pauseProbes: this.#parts.pauseProbes,
      untilQuiet: async signal =>
        await untilQuiet(`${runDirectory}/resolver.sock`, { quietMs, timeoutMs }, { clock, signal }),
    };
  }

  /** The graceful part, where there is one and something to be graceful about. */
  #leave(): { readonly forMs: number; prepare(): void; begin(): void } | undefined {
    const { slice, isAnnouncing, reconsider } = this.#parts;
    const { gracefulShutdown: graceful } = slice.config.drain;
    if (graceful === 'off' || !isAnnouncing()) return undefined;
    return {
      forMs: graceful.wait,
      prepare: () => {
        this.#leaving = { ...noAttributes, communities: [gracefulShutdown], prepend: graceful.prepend };
      },
      begin: reconsider,
    };
  }
}
