/**
 * The resolver's control socket: `status`, `reload`, the cache's `flush`, `dump` and `load`, and the push `heartbeat` for as
 * long as the event loop turns.
 *
 * The heartbeat is sent by the loop that answers queries, so that its absence says that queries are not answered either.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { type ControlServer, serveControl } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';
import type { HeldLifeline } from '../system/lifeline.ts';
import type { AnswerCache } from './cache/answer-cache.ts';
import type { CacheActivity } from './cache/cache-activity.ts';
import type { CacheContents } from './cache/cache-contents.ts';
import type { RRsets } from './cache/rrsets.ts';
import type { CacheSize } from './cache/sieve-map.ts';
import { cacheHandlers } from './cache-control.ts';
import type { ResolverCounters } from './counters.ts';
import type { UdpThreads } from './fast-path/udp-threads.ts';
import type { Generations } from './generations/generations.ts';
import { recursionShed } from './iterator/recursion-numbers.ts';
import type { CertificateStatus } from './listeners/certificate.ts';
import type { Listeners, ListeningStatus } from './listeners/listeners.ts';
import type { LoadMeter } from './load-meter.ts';
import type { ConfigurationStatus, Reload } from './reload/reload.ts';
import type { Transport } from './transport.ts';
import type { UpstreamStatus } from './upstreams/upstream.ts';
import type { ResolverWorkers } from './workers/resolver-workers.ts';

/** What `status` answers. */
export interface ResolverStatus {
  /** `partial` while a service address is not listened on, because it is not on this machine. */
  readonly state: 'serving' | 'partial';
  readonly pop: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly listening: readonly ListeningStatus[];
  readonly configuration: ConfigurationStatus;
  /** What DoT and DoH show; null where neither is configured. */
  readonly certificate: CertificateStatus | null;
  readonly queries: Readonly<Record<Transport, number>>;
  readonly clientQueries: number;
  /** Queries so far that the kernel dropped because they were not fetched in time, as last looked. */
  readonly receiveDrops: number;
  /** Queries so far that were given up because too many were under way, or waited. */
  readonly shed: number;
  readonly cache: CacheSize;
  readonly rrsets: CacheSize;
  readonly cacheActivity: CacheActivity;
  readonly upstreams: readonly UpstreamStatus[];
}

/** The data of the push `heartbeat`. */
export interface Heartbeat {
  readonly pid: number;
  /** Whether `resolver.life` beside the socket ends with this process (`system/lifeline.ts`). */
  readonly lifeline: boolean;
  /** From 0, one more each time. */
  readonly sequence: number;
  /** Queries so far to a service address from other than our own addresses. */
  readonly clientQueries: number;
  /** When it was sent, milliseconds of this machine's monotonic clock: rates are taken by it. */
  readonly atMs: number;
  /** How late the event loop sent it, milliseconds. */
  readonly lagMs: number;
  /** Queries so far that the kernel dropped because they were not fetched in time. */
  readonly receiveDrops: number;
  /** Queries so far that were answered SERVFAIL because too many were under way, or dropped because too many waited. */
  readonly shed: number;
}

export interface ControlSources {
  readonly slice: PopSlice;
  readonly clock: Clock;
  readonly counters: ResolverCounters;
  readonly cache: AnswerCache;
  readonly rrsets: Pick<RRsets, 'size'>;
  readonly cacheActivity: CacheActivity;
  readonly contents: CacheContents;
  readonly generations: Generations;
  readonly reload: Reload;
  readonly listeners: Listeners;
  readonly threads: UdpThreads | undefined;
  readonly workers: ResolverWorkers | undefined;
  readonly load: LoadMeter;
  readonly lifeline: HeldLifeline | undefined;
  /** Brings `counters` up to date with what threads have counted. */
  readonly gather: () => void;
  /** Those of the counters, up to date without it. */
  readonly clientQueries: () => number;
}

/** Milliseconds between heartbeats: a frozen process must be known within a few of them, well under half a second. */
const heartbeatMs = 50;

export class ResolverControl {
  readonly #sources: ControlSources;
  readonly #startedMs: number;

  constructor(sources: ControlSources) {
    this.#sources = sources;
    this.#startedMs = sources.clock.monotonicMs();
  }

  get status(): ResolverStatus {
    const { slice, clock, counters, cache, rrsets, cacheActivity, generations, listeners, load, reload } =
      this.#sources;
    this.#sources.gather();
    return {
      state: listeners.status.every(({ port }) => port !== null) ? 'serving' : 'partial',
      pop: slice.name,
      pid: process.pid,
      uptimeMs: Math.round(clock.monotonicMs() - this.#startedMs),
      listening: listeners.status,
      configuration: reload.status,
      certificate: listeners.certificate ?? null,
      queries: counters.traffic.queriesByTransport,
      clientQueries: counters.clientQueries,
      receiveDrops: load.receiveDrops,
      shed: this.#shed,
      cache: cache.size,
      rrsets: rrsets.size,
      cacheActivity,
      upstreams: generations.current.sources.status.upstreams,
    };
  }

  /** @throws Fault `busy` when another process answers there. */
  async serve(path: string): Promise<AsyncDisposable> {
    const server = await serveControl(path, {
      status: () => this.status,
      reload: ({ pop }) => {
        const { slice, reload } = this.#sources;
        if (pop === undefined || pop === slice.name) return reload.run();
        throw new Fault('refused', `this is the resolver of ${slice.name}, not of ${String(pop)}`, {
          hint: 'is --run-dir the folder of that PoP?',
        });
      },
      ...cacheHandlers(this.#sources.contents),
    });
    const end = new AbortController();
    const beating = this.#beat(server, end.signal);
    return {
      async [Symbol.asyncDispose]() {
        end.abort();
        await beating;
        await server[Symbol.asyncDispose]();
      },
    };
  }

  get #shed(): number {
    const { counters, generations, threads } = this.#sources;
    const { recursion } = generations.current.sources.status;
    return counters.upstream.shed + recursionShed(recursion) + (threads?.countOf('shed') ?? 0);
  }

  async #beat(server: ControlServer, signal: AbortSignal): Promise<void> {
    const { clock, clientQueries, load, threads, workers, lifeline } = this.#sources;
    let dueMs = clock.monotonicMs();
    for (let sequence = 0; !signal.aborted; sequence += 1) {
      const atMs = clock.monotonicMs();
      const lagMs = Math.max(0, atMs - dueMs);
      load.beat(lagMs);
      threads?.beat();
      workers?.beat();
      const beat: Heartbeat = {
        pid: process.pid,
        lifeline: lifeline?.isShown ?? false,
        sequence,
        clientQueries: clientQueries(),
        atMs: Math.round(atMs),
        lagMs: Math.round(lagMs),
        receiveDrops: load.receiveDrops,
        shed: this.#shed,
      };
      server.push('heartbeat', beat);
      dueMs = clock.monotonicMs() + heartbeatMs;
      await clock.sleep(heartbeatMs, signal).catch(() => undefined);
    }
  }
}
