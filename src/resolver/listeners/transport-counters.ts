/** What transports count before there is a query: plain numbers, bumped in place, shared by all listeners of the process. */
import type { Transport } from '../transport.ts';

export type StreamTransport = Exclude<Transport, 'udp'>;
export const streamTransports = ['tcp', 'dot', 'doh'] as const satisfies readonly StreamTransport[];

/** Why a connection was cut that its client would have kept. */
export const cutReasons = [
  'slow-message', // a message, a request or a PROXY header did not come to its end in time
  'slow-reader', // answers were not read
  'resets', // too many requests were reset by the client (CVE-2023-44487)
  'protocol', // HTTP/2 frames that no client may send, or too many of a kind
] as const;
export type CutReason = (typeof cutReasons)[number];

/** The status codes other than 200 that DoH answers with. */
export const httpErrors = [400, 404, 405, 413, 414, 415, 505] as const;
export type HttpError = (typeof httpErrors)[number];

export interface TransportCounters {
  /** Connections closed because of a cap. */
  readonly refused: Record<StreamTransport, number>;
  readonly cut: Record<CutReason, number>;
  /** Datagrams dropped and connections closed for a PROXY header that was missing or malformed. */
  readonly badProxyHeaders: Record<Transport, number>;
  /** PROXY headers from peers that are not on the list, seen where they can be seen: over UDP and plain TCP. */
  strangeProxyHeaders: number;
  /** Connections that ended before their TLS handshake did. */
  readonly failedHandshakes: Record<'dot' | 'doh', number>;
  readonly httpErrors: Record<HttpError, number>;
  /** HTTP/2 requests that the client took back before they were answered. */
  resets: number;
  /** HTTP/2 requests sent back unread because too many of their session were under way. */
  refusedStreams: number;
}

export function createTransportCounters(): TransportCounters {
  return {
    refused: { tcp: 0, dot: 0, doh: 0 },
    cut: { 'slow-message': 0, 'slow-reader': 0, resets: 0, protocol: 0 },
    badProxyHeaders: { udp: 0, tcp: 0, dot: 0, doh: 0 },
    strangeProxyHeaders: 0,
    failedHandshakes: { dot: 0, doh: 0 },
    httpErrors: { 400: 0, 404: 0, 405: 0, 413: 0, 414: 0, 415: 0, 505: 0 },
    resets: 0,
    refusedStreams: 0,
  };
}
