/**
 * Whether any neighbour hears this PoP, and has for long enough to matter.
 *
 * A PoP none of whose sessions is established serves nobody, whatever it announces; and its upstreams and the other PoPs
 * are often behind the links that took the sessions away. A fault of something shared that nobody can place is then taken
 * for its own: to withdraw costs nothing, and when the sessions are back the routes wait for the resolver, which notices its
 * upstreams when it next asks them. They wait for as long as that may take (`returnMs`) and no longer: by then the others
 * can be asked again, and if they cannot, the fault is as unknown as any.
 */
import type { Session } from '../../routing/route-driver.ts';
import type { Clock } from '../../system/clock.ts';
import type { AgentEvent } from '../event-log.ts';

export interface IsolationParts {
  readonly clock: Clock;
  /** Milliseconds a resolver may take to notice that its upstreams are back. */
  readonly returnMs: number;
  record(event: AgentEvent): void;
  /** Called when `holds` changes. */
  onChange(): void;
}

export class Isolation implements AsyncDisposable {
  readonly #parts: IsolationParts;
  #state: 'none' | 'isolated' | 'returning' = 'none';
  #waiting = new AbortController();

  constructor(parts: IsolationParts) {
    this.#parts = parts;
  }

  /** No neighbour hears this PoP, or the first has only just begun to. */
  holds(): boolean {
    return this.#state !== 'none';
  }

  /** Takes in what the router shows of its sessions. Not being able to look changes nothing, so there is no word for it. */
  see(sessions: readonly Session[]): void {
    const isIsolated = sessions.length > 0 && sessions.every(({ state }) => state === 'down');
    if (isIsolated === (this.#state === 'isolated')) return;
    this.#waiting.abort(new Error('the sessions have changed'));
    this.#parts.record({ kind: 'isolation', outcome: isIsolated ? 'isolated' : 'heard' });
    const isNews = !this.holds();
    this.#state = isIsolated ? 'isolated' : 'returning';
    if (isNews) this.#parts.onChange();
    if (!isIsolated) this.#awaitReturn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#waiting.abort(new Error('the agent is ending'));
  }

  #awaitReturn(): void {
    const { clock, returnMs, onChange } = this.#parts;
    this.#waiting = new AbortController();
    clock.sleep(returnMs, this.#waiting.signal).then(
      () => {
        this.#state = 'none';
        onChange();
      },
      () => undefined,
    );
  }
}
