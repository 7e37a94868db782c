/**
 * How many TCP connections there may be, in all and of one client: shared by all listeners of the process.
 *
 * Our own addresses are outside the caps: the agent judges this PoP by what it gets over TCP too, and a crowd of clients
 * must not make a PoP look sick. Nobody else can complete a handshake from one of them.
 */

export interface TcpLimits {
  readonly connections: number;
  readonly connectionsPerClient: number;
  /** Milliseconds without a query; RFC 7766 section 6.2.3 asks for a few seconds. */
  readonly idleMs: number;
  /** The same when more than half of `connections` are open. */
  readonly busyIdleMs: number;
  /** Milliseconds for the rest of a message whose first octet has come. */
  readonly messageMs: number;
  readonly pendingPerConnection: number;
  /** Octets of answers a client may leave unread: one of the largest, and some. */
  readonly unreadOctets: number;
}

/** PowerDNS has 1024 connections and Unbound 30 s idle; the pending limit is between PowerDNS's 10 and BIND's 23. */
export const tcpLimits: TcpLimits = {
  connections: 1024,
  connectionsPerClient: 64,
  idleMs: 10_000,
  busyIdleMs: 1000,
  messageMs: 2000,
  pendingPerConnection: 16,
  unreadOctets: 128 * 1024,
};

export class TcpConnections {
  readonly limits: TcpLimits;
  readonly #onRefused: () => void;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #perClient = new Map<string, number>();
  #count = 0;

  constructor(limits: TcpLimits, onRefused: () => void, ownAddresses: ReadonlySet<string> = new Set()) {
    this.limits = limits;
    this.#onRefused = onRefused;
    this.#ownAddresses = ownAddresses;
  }

  get count(): number {
    return this.#count;
  }

  get idleMs(): number {
    return this.#count > this.limits.connections / 2 ? this.limits.busyIdleMs : this.limits.idleMs;
  }

  /** Gives what ends the connection's claim, or undefined when a cap is reached. */
  admit(address: string): (() => void) | undefined {
    const own = this.#perClient.get(address) ?? 0;
    const isFull = this.#count >= this.limits.connections || own >= this.limits.connectionsPerClient;
    if (isFull && !this.#ownAddresses.has(address)) {
      this.#onRefused();
      return undefined;
    }
    this.#count += 1;
    this.#perClient.set(address, own + 1);
    return () => {
      this.#count -= 1;
      const left = (this.#perClient.get(address) ?? 1) - 1;
      if (left > 0) this.#perClient.set(address, left);
      else this.#perClient.delete(address);
    };
  }
}
