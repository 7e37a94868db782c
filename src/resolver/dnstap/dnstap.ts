/**
 * dnstap: a copy of what passes, for whoever analyses it in another process (dnstap.info).
 *
 * In the query path a message is encoded and put into a bounded buffer; nothing is waited for, and what finds no room is
 * counted and forgotten (`frame-sink.ts`). Sampling goes by the message's id and the client's port, so that a query and
 * its response are both told or neither is. Of our own queries each so-many-th is told, with all that belongs to it.
 *
 * Times are taken of the monotonic clock and moved to the wall clock's scale: the span from query to response stays right
 * to the microsecond, and a step of the wall clock is followed.
 */
import type { DnstapConfig } from '../../config/resolver/dnstap.ts';
import { parseIpAddress, unmapped } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DnstapCounters } from '../counters.ts';
import type { TappedServer, WireTap } from '../exchange/wire-tap.ts';
import type { Client, LocalAddress } from '../listeners/client.ts';
import { DnstapEncoder, messageTypes, type TappedMessage } from './dnstap-message.ts';
import { FrameSink } from './frame-sink.ts';
import { dataFrame } from './frame-stream.ts';
import { openFile, openSocket } from './outputs.ts';
import type { AskedAs, Tap, UpstreamTap } from './tap.ts';

export interface DnstapOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: DnstapCounters;
  /** The resolver's own, of UDP and TCP. */
  readonly port: number;
  readonly pop: string;
}

/** What `version` says of us. */
const software = 'anycast';

/** Milliseconds that the wall clock may be off from the scale before the scale follows it; it counts whole ones. */
const stepMs = 2;

export class Dnstap implements Tap, AsyncDisposable {
  readonly upstream?: UpstreamTap;
  readonly #config: DnstapConfig;
  readonly #options: DnstapOptions;
  readonly #encoder: DnstapEncoder;
  readonly #sink: FrameSink;
  readonly #locals = new Map<LocalAddress, Uint8Array | undefined>();
  #offsetMs = Number.NEGATIVE_INFINITY;
  #begun = 0;

  constructor(config: DnstapConfig, options: DnstapOptions) {
    const { clock, log, counters } = options;
    this.#config = config;
    this.#options = options;
    this.#encoder = new DnstapEncoder(config.identity ?? options.pop, software);
    const { socket, file = '' } = config;
    const open = (signal: AbortSignal) =>
      socket === undefined ? openFile(file, clock) : openSocket(socket, clock, signal);
    this.#sink = new FrameSink({ open, clock, log, counters });
    if (config.resolver) this.upstream = { begin: (as, to) => this.#begin(as, to) };
  }

  query(octets: Uint8Array, client: Client, startedMs: number): void {
    if (!this.#config.queries || !this.#isChosen(octets, client)) return;
    const queryMs = this.#wallMs(startedMs);
    this.#tell({
      ...this.#ends(client),
      type: messageTypes.clientQuery,
      queryMs,
      responseMs: undefined,
      octets,
    });
  }

  reply(query: Uint8Array, octets: Uint8Array, client: Client, startedMs: number): void {
    if (!this.#config.responses || !this.#isChosen(query, client)) return;
    const queryMs = this.#wallMs(startedMs);
    const responseMs = this.#wallMs(this.#options.clock.monotonicMs());
    this.#tell({ ...this.#ends(client), type: messageTypes.clientResponse, queryMs, responseMs, octets });
  }

  /** Makes a file that was moved away anew. */
  reopen(): void {
    this.#sink.reopen();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#sink[Symbol.asyncDispose]();
  }

  #isChosen(query: Uint8Array, { port = 0 }: Client): boolean {
    const { sampleEvery } = this.#config;
    const id = ((query[0] ?? 0) << 8) | (query[1] ?? 0);
    return sampleEvery === 1 || (id ^ port) % sampleEvery === 0;
  }

  #ends({ address, port, local, transport }: Client) {
    let own = this.#locals.get(local);
    if (!own && !this.#locals.has(local)) {
      own = octetsOf(local.text);
      this.#locals.set(local, own);
    }
    // Encrypted transports have ports of their own, which are not known here.
    const responsePort = transport === 'udp' || transport === 'tcp' ? this.#options.port : undefined;
    return {
      transport,
      queryAddress: octetsOf(address),
      queryPort: port,
      responseAddress: own,
      responsePort,
    };
  }

  #begin(as: AskedAs, { transport, source, address, port, zone }: TappedServer): WireTap | undefined {
    this.#begun += 1;
    if (this.#begun % this.#config.sampleEvery !== 0) return undefined;
    const ends = {
      transport,
      queryAddress: source.octets,
      responseAddress: address.octets,
      responsePort: port,
      zone,
    };
    let queryMs: number | undefined;
    let queryPort: number | undefined;
    const nowMs = (): number => this.#wallMs(this.#options.clock.monotonicMs());
    return {
      sent: (octets, ownPort) => {
        queryMs = nowMs();
        queryPort = ownPort;
        const type = as === 'resolver' ? messageTypes.resolverQuery : messageTypes.forwarderQuery;
        this.#tell({ ...ends, type, queryPort, queryMs, responseMs: undefined, octets });
      },
      received: octets => {
        const type = as === 'resolver' ? messageTypes.resolverResponse : messageTypes.forwarderResponse;
        this.#tell({ ...ends, type, queryPort, queryMs, responseMs: nowMs(), octets });
      },
    };
  }

  #tell(message: TappedMessage): void {
    this.#sink.push(dataFrame(this.#encoder.encode(message)));
  }

  #wallMs(monotonicMs: number): number {
    const { clock } = this.#options;
    const offsetMs = clock.wallMs() - clock.monotonicMs();
    if (Math.abs(offsetMs - this.#offsetMs) > stepMs) this.#offsetMs = offsetMs;
    return monotonicMs + this.#offsetMs;
  }
}

/** A link-local client comes with the name of its interface. */
function octetsOf(text: string): Uint8Array | undefined {
  const [bare = ''] = text.split('%');
  const address = parseIpAddress(bare);
  return address && unmapped(address).octets;
}
