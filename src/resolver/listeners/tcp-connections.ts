/**
 * How many TCP connections there may be, in all and of one client, whatever is spoken over them, and how long each may be
 * idle: shared by all listeners of the process.
 *
 * The fuller it gets, the shorter an idle connection is kept (RFC 7766 section 6.2.3 leaves that to the server): below
 * half of the cap for `idleMs`, then for two fifths, a tenth and a fiftieth of it. At the last step clients that ask are
 * told 0, which means leave (RFC 7828 section 3.4). A step holds at once for those that are idle already.
 *
 * A client is an IPv4 address or an IPv6 /64, the least that a network gives to one customer. A trusted proxy is no
 * client: its connections count in all, and each for the client it is spoken for.
 *
 * Our own addresses are outside the caps: the agent judges this PoP by what it gets over TCP too, and a crowd of clients
 * must not make a PoP look sick. Nobody else can complete a handshake from one of them.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import { parseIpAddress } from '../../ip/address.ts';
import { coveringPrefix } from '../../ip/prefix.ts';

export interface TcpLimits {
  readonly connections: number;
  readonly connectionsPerClient: number;
  /** Milliseconds without a query, or without taking one of the answers that wait; RFC 7766 section 6.2.3 asks for a few seconds. */
  readonly idleMs: number;
  /** Milliseconds for the rest of a message whose first octet has come, for a PROXY header, for a TLS handshake. */
  readonly messageMs: number;
  /** TLS handshakes begun in one second, in all and for one client. */
  readonly handshakesPerSecond: number;
  readonly handshakesPerClient: number;
  readonly pendingPerConnection: number;
  /** Requests of one HTTP/2 session under way (its SETTINGS_MAX_CONCURRENT_STREAMS). */
  readonly pendingPerSession: number;
  /** Octets of answers a client may leave unread: one of the largest, and some. */
  readonly unreadOctets: number;
  /** The same of an HTTP/2 session, where answers to many requests are ready at once. */
  readonly unreadPerSession: number;
  /** Octets of answers that all clients together may leave unread, before those go who have more than their part of it. */
  readonly unreadInAll: number;
  /** Queries after which a connection is ended, so that none lives for ever (CVE-2025-30193). */
  readonly queriesPerConnection: number;
  /** Requests that the client of an HTTP/2 session may take back, beyond those it lets us answer (CVE-2023-44487). */
  readonly resets: number;
}

/**
 * PowerDNS has 1024 connections and Unbound 30 s idle; the pending limit of TCP is between PowerDNS's 10 and BIND's 23,
 * the one of HTTP/2 is what RFC 9113 section 6.5.2 calls the least to offer, and so is the reset limit. At some 0.7 ms each, 500 handshakes take
 * a third of each second; half as many as a client may have connections let it open all of them in two.
 */
export const tcpLimits: TcpLimits = {
  connections: 1024,
  connectionsPerClient: 64,
  idleMs: 10_000,
  messageMs: 2000,
  handshakesPerSecond: 500,
  handshakesPerClient: 32,
  pendingPerConnection: 16,
  pendingPerSession: 100,
  unreadOctets: 128 * 1024,
  unreadPerSession: 256 * 1024,
  unreadInAll: 64 * 1024 * 1024,
  queriesPerConnection: 65_536,
  resets: 100,
};

/** The defaults, with what this deployment's file says instead. */
export function tcpLimitsOf({ config }: PopSlice): TcpLimits {
  const { total, perClient, idleTimeout } = config.resolver.transports.connections;
  return { ...tcpLimits, connections: total, connectionsPerClient: perClient, idleMs: idleTimeout };
}

/** From which share of `connections` on, how much of `idleMs` is left. The last is where clients are asked to leave. */
const idleSteps = [
  { share: 0, part: 1 },
  { share: 1 / 2, part: 2 / 5 },
  { share: 3 / 4, part: 1 / 10 },
  { share: 7 / 8, part: 1 / 50 },
] as const;

/** One connection's place under the caps. */
export interface Claim {
  /** For whom the connection speaks, now that its proxy has said so. False, and counted, when that client has too many. */
  speakFor(address: string): boolean;
  /** Called when the idle time has become shorter. One callback; a later one replaces it. */
  onShorterIdle: (() => void) | undefined;
  release(): void;
}

export class TcpConnections {
  readonly limits: TcpLimits;
  readonly #onRefused: () => void;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #perClient = new Map<string, number>();
  readonly #claims = new Set<Claim>();
  /** Who each claim counts for; a proxy's, for nobody until it is known. */
  readonly #charged = new WeakMap<Claim, string>();
  #step = 0;
  #unread = 0;

  constructor(limits: TcpLimits, onRefused: () => void, ownAddresses: ReadonlySet<string> = new Set()) {
    this.limits = limits;
    this.#onRefused = onRefused;
    this.#ownAddresses = ownAddresses;
  }

  /** Whether the address is one of our own, which no cap holds for. */
  isOwn(address: string): boolean {
    return this.#ownAddresses.has(address);
  }

  get count(): number {
    return this.#claims.size;
  }

  /** Octets of answers that clients have not taken yet. */
  get unread(): number {
    return this.#unread;
  }

  /** So many more octets wait for a client to take them; fewer, when it has, or has gone. */
  addUnread(octets: number): void {
    this.#unread += octets;
  }

  /** Whether unread answers fill the room for them, and a connection that has `own` octets has more than its part. */
  isHoarding(own: number): boolean {
    const { unreadInAll, connections } = this.limits;
    return this.#unread > unreadInAll && own > unreadInAll / connections;
  }

  /** Milliseconds that a connection may be idle now. */
  get idleMs(): number {
    return this.limits.idleMs * (idleSteps[this.#step]?.part ?? 1);
  }

  /** What clients are told of it: 0 where they had better leave. */
  get toldIdleMs(): number {
    return this.#step === idleSteps.length - 1 ? 0 : this.idleMs;
  }

  /** Admits a client's connection; undefined, and counted, when a cap is reached. */
  admit(address: string): Claim | undefined {
    if (!this.#hasRoom(address)) return this.#refuse();
    const claim = this.#claim();
    this.#charge(claim, address);
    return claim;
  }

  /** Admits a proxy's connection, before it is known for whom it speaks. */
  admitProxy(): Claim | undefined {
    return this.#claims.size >= this.limits.connections ? this.#refuse() : this.#claim();
  }

  #hasRoom(address: string): boolean {
    if (this.#ownAddresses.has(address)) return true;
    return this.#claims.size < this.limits.connections && !this.#isCrowded(address);
  }

  #isCrowded(address: string): boolean {
    return (this.#perClient.get(clientOf(address)) ?? 0) >= this.limits.connectionsPerClient;
  }

  #refuse(): undefined {
    this.#onRefused();
    return undefined;
  }

  #charge(claim: Claim, address: string): void {
    const client = clientOf(address);
    this.#charged.set(claim, client);
    this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
  }

  #claim(): Claim {
    const claim: Claim = {
      speakFor: address => {
        if (this.#isCrowded(address) && !this.#ownAddresses.has(address)) {
          this.#refuse();
          return false;
        }
        this.#charge(claim, address);
        return true;
      },
      onShorterIdle: undefined,
      release: () => this.#release(claim),
    };
    this.#claims.add(claim);
    this.#takeStep();
    return claim;
  }

  #release(claim: Claim): void {
    if (!this.#claims.delete(claim)) return;
    const client = this.#charged.get(claim);
    if (client !== undefined) {
      const left = (this.#perClient.get(client) ?? 1) - 1;
      if (left > 0) this.#perClient.set(client, left);
      else this.#perClient.delete(client);
    }
    this.#takeStep();
  }

  #takeStep(): void {
    const share = this.#claims.size / this.limits.connections;
    const before = this.#step;
    this.#step = idleSteps.findLastIndex(step => share >= step.share);
    if (this.#step > before) for (const claim of this.#claims) claim.onShorterIdle?.();
  }
}

/** Bits of an IPv6 address that tell one customer from another (RFC 6177: a site has at least that). */
const customerBits = 64;

/** A client's key: its IPv4 address, or its IPv6 /64. Link-local addresses count each for itself. */
export function clientOf(address: string): string {
  const parsed = address.includes(':') ? parseIpAddress(address) : undefined;
  return parsed ? coveringPrefix(parsed, customerBits).text : address;
}
