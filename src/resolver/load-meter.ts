/**
 * How hard this process is pressed: what a heartbeat tells of its load. It runs with the heartbeat and wakes nobody itself:
 * on an idle machine it is the waking that costs.
 *
 * - Event-loop lag is how late the heartbeat was. A stall is understated by what was left until the next one. Not
 *   `monitorEventLoopDelay` of node:perf_hooks: it wakes the loop all the time, and after each reset it measures nothing
 *   until its second tick, so that a stall in between is lost (Node 24).
 * - Receive drops are queries that the kernel threw away because we did not fetch them in time. Nobody else ever sees
 *   them. Read from the kernel's tables, off the event loop: they are long while many upstream queries are under way.
 * - Shed queries are the forwarder's to count (`counters.upstream.shed`).
 */
import type { PopSlice } from '../config/anycast-config.ts';
import { type UdpEndpoint, type UdpSocketCount, UdpSocketTables } from '../system/udp-sockets.ts';

/** Heartbeats between looks at the kernel's tables: half a second, two in the shortest window that a `load` check may have. */
const beatsPerLook = 10;

export class LoadMeter implements AsyncDisposable {
  readonly #endpoints: readonly UdpEndpoint[];
  readonly #tables = new UdpSocketTables();
  readonly #drops = new DropCount();
  #beats = 0;
  #looking: Promise<void> | undefined;
  #longestLagMs = 0;

  constructor({ pop, config }: PopSlice) {
    const { port } = config.resolver;
    const addresses = [...pop.management, ...config.service.addresses];
    this.#endpoints = addresses.map(({ octets }) => ({ octets, port }));
  }

  /** Datagrams that the kernel dropped at our sockets, as last looked. */
  get receiveDrops(): number {
    return this.#drops.total;
  }

  /** To be called with each heartbeat, and how late it was. */
  beat(lagMs: number): void {
    this.#longestLagMs = Math.max(this.#longestLagMs, lagMs);
    if (this.#beats % beatsPerLook === 0) this.#looking ??= this.#look();
    this.#beats += 1;
  }

  /** The longest lag since the last call. For the metrics page alone. */
  takeLongestLagMs(): number {
    const longestLagMs = this.#longestLagMs;
    this.#longestLagMs = 0;
    return longestLagMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#looking;
    await this.#tables[Symbol.asyncDispose]();
  }

  async #look(): Promise<void> {
    // Where the tables cannot be read there is nothing to count.
    const counts = await this.#tables.countsOf(this.#endpoints).catch(() => undefined);
    if (counts) this.#drops.add(counts);
    this.#looking = undefined;
  }
}

/** A sum that never falls: sockets come and go, each with a count of its own. */
export class DropCount {
  #last: ReadonlyMap<string, number> = new Map();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** `counts` is of all sockets that there are now. */
  add(counts: readonly UdpSocketCount[]): void {
    for (const { inode, drops } of counts) this.#total += Math.max(0, drops - (this.#last.get(inode) ?? 0));
    this.#last = new Map(counts.map(({ inode, drops }) => [inode, drops]));
  }
}
