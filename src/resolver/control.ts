/**
 * The resolver's control socket: `status`, `flush`, and the push `heartbeat` for as long as the event loop turns.
 *
 * The heartbeat is sent by the loop that answers queries, so that its absence says that queries are not answered either.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { type ControlServer, serveControl } from '../system/control-socket.ts';
import type { AnswerCache } from './cache/answer-cache.ts';
import type { ResolverCounters } from './counters.ts';
import type { CertificateStatus } from './listeners/certificate.ts';
import type { Listeners, ListeningStatus } from './listeners/listeners.ts';
import type { LoadMeter } from './load-meter.ts';
import type { Forwarder } from './upstreams/forwarder.ts';

/** What `status` answers. */
export interface ResolverStatus {
  /** `partial` while a service address is not listened on, because it is not on this machine. */
  readonly state: 'serving' | 'partial';
  readonly pop: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly listening: readonly ListeningStatus[];
  /** What DoT and DoH show; null where neither is configured. */
  readonly certificate: CertificateStatus | null;
  readonly queries: ResolverCounters['queries'];
  readonly clientQueries: number;
  readonly cache: AnswerCache['size'];
  readonly upstreams: Forwarder['status']['upstreams'];
}

/** The data of the push `heartbeat`. */
export interface Heartbeat {
  readonly pid: number;
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
  /** Queries so far that were answered SERVFAIL because too many were under way. */
  readonly shed: number;
}

export interface ControlSources {
  readonly slice: PopSlice;
  readonly clock: Clock;
  readonly counters: ResolverCounters;
  readonly cache: AnswerCache;
  readonly forwarder: Forwarder;
  readonly listeners: Listeners;
  readonly load: LoadMeter;
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
    const { slice, clock, counters, cache, forwarder, listeners } = this.#sources;
    return {
      state: listeners.status.every(({ port }) => port !== null) ? 'serving' : 'partial',
      pop: slice.name,
      pid: process.pid,
      uptimeMs: Math.round(clock.monotonicMs() - this.#startedMs),
      listening: listeners.status,
      certificate: listeners.certificate ?? null,
      queries: counters.queries,
      clientQueries: counters.clientQueries,
      cache: cache.size,
      upstreams: forwarder.status.upstreams,
    };
  }

  /** @throws Fault `busy` when another process answers there. */
  async serve(path: string): Promise<AsyncDisposable> {
    const server = await serveControl(path, {
      status: () => this.status,
      flush: () => {
        const { entries } = this.#sources.cache.size;
        this.#sources.cache.clear();
        return { entries };
      },
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

  async #beat(server: ControlServer, signal: AbortSignal): Promise<void> {
    const { clock, counters, load } = this.#sources;
    let dueMs = clock.monotonicMs();
    for (let sequence = 0; !signal.aborted; sequence += 1) {
      const atMs = clock.monotonicMs();
      const lagMs = Math.max(0, atMs - dueMs);
      load.beat(lagMs);
      const beat: Heartbeat = {
        pid: process.pid,
        sequence,
        clientQueries: counters.clientQueries,
        atMs: Math.round(atMs),
        lagMs: Math.round(lagMs),
        receiveDrops: load.receiveDrops,
        shed: counters.upstream.shed,
      };
      server.push('heartbeat', beat);
      dueMs = clock.monotonicMs() + heartbeatMs;
      await clock.sleep(heartbeatMs, signal).catch(() => undefined);
    }
  }
}
