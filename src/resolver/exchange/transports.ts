/** What a side of the resolver that asks servers needs to do so: its sockets, connections, timers and chance. */
import type { Clock } from '../../system/clock.ts';
import { Deadlines } from './deadlines.ts';
import type { Wait } from './endpoint.ts';
import { Entropy } from './entropy.ts';
import { HttpsExchanges, type HttpsRequest } from './https-exchange.ts';
import type { Answer } from './query.ts';
import { QuerySockets, type SocketLimits } from './query-sockets.ts';
import type { StreamConnections, StreamLimits, StreamRequest } from './stream-connections.ts';
import { tcpConnections } from './tcp-exchange.ts';
import { type SecureRequest, TlsExchanges } from './tls-exchange.ts';
import { exchangeUdp, type UdpOutcome, type UdpRequest } from './udp-exchange.ts';

/** Those of the sockets and connections themselves, unless told. */
export interface TransportLimits {
  readonly sockets?: SocketLimits | undefined;
  readonly streams?: StreamLimits | undefined;
}

export class Transports implements AsyncDisposable {
  readonly entropy = new Entropy();
  readonly deadlines: Deadlines;
  readonly sockets: QuerySockets;
  readonly connections: StreamConnections;
  readonly secure: TlsExchanges;
  readonly https: HttpsExchanges;

  constructor(clock: Clock, { sockets, streams }: TransportLimits = {}) {
    this.deadlines = new Deadlines(clock);
    this.sockets = new QuerySockets({ clock, entropy: this.entropy, limits: sockets });
    this.connections = tcpConnections(this.deadlines, streams);
    this.secure = new TlsExchanges(clock, this.deadlines);
    this.https = new HttpsExchanges(clock, this.deadlines);
  }

  overUdp(request: UdpRequest): Wait<UdpOutcome> {
    return exchangeUdp(this.sockets, request);
  }

  overTcp(request: StreamRequest): Wait<Answer> {
    return this.connections.exchange(request);
  }

  overTls(request: SecureRequest): Wait<Answer> {
    return this.secure.exchange(request);
  }

  overHttps(request: HttpsRequest): Wait<Answer> {
    return this.https.exchange(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const parts = [this.sockets, this.connections, this.secure, this.https, this.deadlines];
    await Promise.all(parts.map(part => part[Symbol.asyncDispose]()));
  }
}
