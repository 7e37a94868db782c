/**
 * How many TLS handshakes are begun in a second, in all and for one client: shared by all listeners of the process.
 *
 * A handshake takes the better part of a millisecond of the event loop that answers everybody, and costs a client next
 * to nothing: caps of connections alone would let one client that opens and closes them have the whole of it. Windows of
 * a second, so that nothing is kept for longer. Our own addresses are outside, as they are of the caps.
 */
import type { Clock } from '../../system/clock.ts';
import { clientOf, type TcpConnections } from './tcp-connections.ts';

const windowMs = 1000;

export class HandshakeRate {
  readonly #connections: TcpConnections;
  readonly #clock: Clock;
  readonly #perClient = new Map<string, number>();
  #count = 0;
  #sinceMs: number;

  constructor(connections: TcpConnections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Whether one more may begin. `address`: the client's, or of a proxy that has not said for whom it speaks. */
  admits(address: string, isProxy: boolean): boolean {
    if (this.#connections.isOwn(address)) return true;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#sinceMs >= windowMs) {
      this.#sinceMs = nowMs;
      this.#count = 0;
      this.#perClient.clear();
    }
    const { handshakesPerSecond, handshakesPerClient } = this.#connections.limits;
    if (this.#count >= handshakesPerSecond) return false;
    if (!isProxy) {
      const client = clientOf(address);
      const count = this.#perClient.get(client) ?? 0;
      if (count >= handshakesPerClient) return false;
      this.#perClient.set(client, count + 1);
    }
    this.#count += 1;
    return true;
  }
}
