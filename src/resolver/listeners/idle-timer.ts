/** Ends a connection that has carried no query for as long as connections may be idle at the moment. */
import type { Claim, TcpConnections } from './tcp-connections.ts';

export class IdleTimer {
  readonly #connections: TcpConnections;
  readonly #claim: Claim;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout;
  #ms: number;

  constructor(connections: TcpConnections, claim: Claim, onIdle: () => void) {
    this.#connections = connections;
    this.#claim = claim;
    this.#onIdle = onIdle;
    this.#ms = connections.idleMs;
    this.#timer = setTimeout(onIdle, this.#ms);
    claim.onShorterIdle = () => this.restart();
  }

  /** To be called with each query: a connection is idle from then on. */
  restart(): void {
    const ms = this.#connections.idleMs;
    if (ms === this.#ms) {
      // Also starts a timer anew that has fired.
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#ms = ms;
    this.#timer = setTimeout(this.#onIdle, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#claim.onShorterIdle = undefined;
  }
}
