/**
 * Keeps every address of the PoP listened on, over UDP, TCP and what else is configured.
 *
 * Management addresses are there or the process does not start. A service address comes and goes with the agent's will:
 * its sockets are bound as soon as it appears, and whatever a socket is lost to is met by binding again. A bound socket
 * survives the removal of its address and works again when that comes back. Whether an address is there, its seat for UDP
 * finds out for all of them: an attempt costs that one some 50 us, and those with TLS a whole context.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Clock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import type { Libc } from '../../system/libc.ts';
import { Occasion } from '../../system/occasion.ts';
import type { Log } from '../../telemetry/log.ts';
import type { FastPath } from '../fast-path/fast-path.ts';
import type { UdpThreads } from '../fast-path/udp-threads.ts';
import type { Transport } from '../transport.ts';
import { listenBatchedUdp } from './batched-udp.ts';
import { Certificate, type CertificateStatus } from './certificate.ts';
import type { LocalAddress } from './client.ts';
import { listenDoh } from './doh.ts';
import { listenDot, type TlsListenOptions } from './dot.ts';
import { HandshakeRate } from './handshake-rate.ts';
import type { Listener, Responder } from './listener.ts';
import { listenTcp } from './tcp.ts';
import type { TcpConnections } from './tcp-connections.ts';
import { createTransportCounters, type TransportCounters } from './transport-counters.ts';
import { cannotListen, isAbsent, portsOf, type Seating } from './transport-ports.ts';
import { TrustedProxies } from './trusted-proxies.ts';
import { listenUdp } from './udp.ts';

export interface ListenersOptions {
  readonly slice: PopSlice;
  readonly responder: Responder;
  readonly connections: TcpConnections;
  /** That listen over UDP; without, the resolver's own does. They end after the listeners. */
  readonly threads?: UdpThreads | undefined;
  /** Of the resolver's own thread, for where it listens over UDP. */
  readonly fastPath?: FastPath | undefined;
  /** Without it service addresses have no lanes (`lanes.ts`). */
  readonly libc?: Libc | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** One address and transport, and whether it is listened on now. */
export interface ListeningStatus {
  readonly address: string;
  readonly kind: LocalAddress['kind'];
  readonly transport: Transport;
  /** null while the address is not on this machine. */
  readonly port: number | null;
}

/** Milliseconds between attempts to bind: the agent waits for it before it announces. */
const retryMs = 25;

/** Milliseconds a management address may take to appear: IPv6 addresses are tentative for a second (RFC 4862 section 5.4). */
const appearsWithinMs = 2500;

/** Milliseconds that queries taken before `drain` have to be answered. */
const answersWithinMs = 1000;
const pendingPollMs = 5;
/** Turns of the event loop before the first of these looks. */
const turnsAtOnce = 8;

/** An address as its seat for UDP found it. */
interface Arrival {
  isAwaited: boolean;
  /** It has come, or whatever keeps UDP from it is another thing. */
  readonly came: Occasion;
}

interface Seat extends Seating {
  /** One for all seats of an address. */
  readonly arrival: Arrival;
  listener: Listener | undefined;
  /** What the last attempt failed with, so that it is logged once. */
  complaint: string | undefined;
}

export class Listeners implements AsyncDisposable {
  readonly #options: ListenersOptions;
  readonly #seats: readonly Seat[];
  /** What went wrong before there was a query, for the metrics page. */
  readonly counters: TransportCounters = createTransportCounters();
  readonly #proxies: TrustedProxies;
  readonly #handshakes: HandshakeRate;
  readonly #closing = new AbortController();
  #certificate: Certificate | undefined;
  #keeping: Promise<void>[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
    const { service, resolver } = options.slice.config;
    this.#handshakes = new HandshakeRate(options.connections, options.clock);
    this.#proxies = new TrustedProxies(resolver.transports.proxy?.from ?? []);
    const locals: LocalAddress[] = [
      ...options.slice.pop.management.map(({ text, family }) => ({
        text,
        family,
        kind: 'management' as const,
      })),
      ...service.addresses.map(({ text, family }) => ({ text, family, kind: 'service' as const })),
    ];
    this.#seats = locals.flatMap(local => {
      const arrival = { isAwaited: false, came: new Occasion() };
      return portsOf(options.slice).map(({ transport, port }) => ({
        ...{ local, transport, port, arrival },
        listener: undefined,
        complaint: undefined,
      }));
    });
  }

  get status(): ListeningStatus[] {
    return this.#seats.map(({ local, transport, listener }) => ({
      address: local.text,
      kind: local.kind,
      transport,
      port: listener?.port ?? null,
    }));
  }

  /** Of the certificate that is shown; undefined where nothing needs one. */
  get certificate(): CertificateStatus | undefined {
    return this.#certificate?.status;
  }

  /**
   * Reads the certificate and its key again; connections go on. Never rejects: the `error` of what it gives says whether
   * they are used. Undefined where nothing needs one.
   */
  async reloadCertificates(): Promise<CertificateStatus | undefined> {
    return await this.#certificate?.reload();
  }

  /**
   * Reads the certificate and binds the management addresses. The service addresses wait for `serve`.
   * @throws Fault `environment` when a management address cannot be had, or the certificate not be used.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { slice, clock, log } = this.#options;
    const { tls, dot, doh } = slice.config.resolver.transports;
    if (tls && (dot || doh)) this.#certificate = await Certificate.open(tls, { clock, log });
    const management = this.#seats.filter(seat => seat.local.kind === 'management');
    await Promise.all(management.map(seat => this.#bindManagement(seat, signal)));
    this.#keeping = management.map(seat => this.#keep(seat));
  }

  /** Begins to try the service addresses. */
  serve(): void {
    if (this.#closing.signal.aborted) return;
    const service = this.#seats.filter(seat => seat.local.kind === 'service');
    this.#keeping.push(...service.map(seat => this.#keep(seat)));
  }

  /** Takes nothing more, and waits (not for long) until what has been taken is answered. */
  async drain(): Promise<void> {
    const { clock } = this.#options;
    this.#closing.abort();
    await Promise.all(this.#keeping);
    const listeners = this.#listeners;
    for (const listener of listeners) listener.stopAccepting();
    const isPending = (): boolean => listeners.some(listener => listener.pending > 0);
    // What had arrived is taken within some turns, and most of it answered at once.
    for (let turn = 0; turn < turnsAtOnce && isPending(); turn += 1) await nextTurn();
    const untilMs = clock.monotonicMs() + answersWithinMs;
    while (isPending() && clock.monotonicMs() < untilMs) await clock.sleep(pendingPollMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#keeping);
    await Promise.all(this.#listeners.map(listener => listener[Symbol.asyncDispose]()));
    await this.#certificate?.[Symbol.asyncDispose]();
  }

  get #listeners(): Listener[] {
    return this.#seats.flatMap(seat => seat.listener ?? []);
  }

  async #bindManagement(seat: Seat, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + appearsWithinMs;
    for (;;) {
      const error = await this.#bind(seat);
      if (!error) return;
      if (!isAbsent(error) || clock.monotonicMs() >= untilMs) throw cannotListen(seat, error);
      await clock.sleep(retryMs, signal);
    }
  }

  /** Binds again whenever the seat is empty, until the end. */
  async #keep(seat: Seat): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    const closing = new Promise<void>(resolve =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    const at = { address: seat.local.text, transport: seat.transport };
    while (!signal.aborted) {
      const { listener } = seat;
      if (listener) {
        const error = await Promise.race([listener.failed, closing]);
        if (!error) return;
        log.warn({ ...at, error: error.message }, 'listening socket lost');
        seat.listener = undefined;
        await listener[Symbol.asyncDispose]();
        continue;
      }
      if (seat.transport !== 'udp' && seat.arrival.isAwaited) {
        await seat.arrival.came.next(signal).catch(() => undefined);
        continue;
      }
      const error = await this.#bind(seat);
      if (seat.transport === 'udp') noteArrival(seat.arrival, error);
      if (!error) {
        log.info({ ...at, port: seat.port }, 'listening');
        continue;
      }
      if (error.message !== seat.complaint && !isAbsent(error))
        log.warn({ ...at, port: seat.port, error: error.message }, 'cannot listen');
      seat.complaint = error.message;
      await clock.sleep(retryMs, signal).catch(() => undefined);
    }
  }

  /** Gives the operating system's error instead of throwing it: that an address is absent is an ordinary outcome. */
  async #bind(seat: Seat): Promise<NodeJS.ErrnoException | undefined> {
    try {
      seat.listener = await this.#listen(seat);
      seat.complaint = undefined;
      return undefined;
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) return error as NodeJS.ErrnoException;
      throw error;
    }
  }

  #listen({ local, port, transport }: Seat): Promise<Listener> {
    const { responder, connections, threads, fastPath, libc, clock, slice } = this.#options;
    const options = { local, port, responder, connections, proxies: this.#proxies, counters: this.counters };
    switch (transport) {
      case 'udp':
        return threads
          ? listenBatchedUdp({ ...options, threads, hasLanes: libc !== undefined })
          : listenUdp({ ...options, clock, fastPath, libc });
      case 'tcp':
        return listenTcp(options);
      case 'dot':
        return listenDot({ ...options, ...this.#secure });
      case 'doh': {
        const path = slice.config.resolver.transports.doh?.path ?? '';
        return listenDoh({ ...options, ...this.#secure, path });
      }
      default:
        return transport satisfies never;
    }
  }

  get #secure(): Pick<TlsListenOptions, 'certificate' | 'handshakes'> {
    if (!this.#certificate) throw new Fault('internal', 'TLS before there is a certificate');
    return { certificate: this.#certificate, handshakes: this.#handshakes };
  }
}

function noteArrival(arrival: Arrival, error: NodeJS.ErrnoException | undefined): void {
  arrival.isAwaited = error !== undefined && isAbsent(error);
  if (!arrival.isAwaited) arrival.came.happen();
}
