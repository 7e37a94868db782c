/**
 * Owns the service addresses of this PoP: one operation on them at a time, and a look each second whether someone took
 * one away. A missing address is put back; while that is impossible there is a fault, for which the agent withdraws.
 */
import type { Clock } from '../system/clock.ts';
import { describeError } from '../system/fault.ts';
import type { AgentEvent } from './event-log.ts';
import type { ServiceAddresses } from './service-address.ts';

export interface AddressKeeperParts {
  readonly addresses: ServiceAddresses;
  readonly clock: Clock;
  record(event: AgentEvent): void;
  /** Called when the look each second found or ended a fault. */
  onChange(): void;
  /** Whether the addresses shall be there at all: not so when drained. */
  isWanted(): boolean;
}

/** Milliseconds between looks whether the addresses are still there. */
const lookEveryMs = 1000;

export class AddressKeeper implements AsyncDisposable {
  readonly #parts: AddressKeeperParts;
  readonly #end = new AbortController();
  #fault: string | undefined;
  #operation: Promise<unknown> = Promise.resolve();
  #watch: Promise<void> = Promise.resolve();

  constructor(parts: AddressKeeperParts) {
    this.#parts = parts;
  }

  /** Why the addresses are not there, if they should be. */
  fault(): string | undefined {
    return this.#fault;
  }

  /** Runs `work` when every earlier operation has ended. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#operation.then(work);
    this.#operation = result.catch(() => undefined);
    return result;
  }

  /** Makes the addresses present; to be called alone. @throws Fault */
  async put(): Promise<void> {
    const put = await this.#parts.addresses.put(this.#end.signal);
    this.#fault = undefined;
    const detail = put.map(({ text }) => text).join(', ');
    if (put.length > 0) this.#parts.record({ kind: 'address', outcome: 'put', detail });
  }

  /** Begins to look after the addresses. */
  watch(): void {
    this.#watch = this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the agent is ending'));
    await this.#watch;
    await this.#operation;
  }

  async #look(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#parts.clock.sleep(lookEveryMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.alone(() => this.#putBack());
    }
  }

  async #putBack(): Promise<void> {
    if (!this.#parts.isWanted()) return;
    const before = this.#fault;
    await this.put().catch(error => {
      this.#fault = describeError(error);
    });
    if (this.#fault === before || this.#end.signal.aborted) return;
    if (this.#fault !== undefined)
      this.#parts.record({ kind: 'address', outcome: 'failed', detail: this.#fault });
    this.#parts.onChange();
  }
}
