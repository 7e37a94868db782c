/** Takes the PROXY header off the start of a connection, and leaves what follows it for who reads next. */
import type { Socket } from 'node:net';
import type { IpAddress } from '../../ip/address.ts';
import { readProxyHeader } from './proxy-header.ts';

/** The source that the header names (undefined when the proxy speaks for itself), or why there is none. */
export type ProxyGreeting =
  | { readonly source: IpAddress | undefined }
  | 'malformed'
  /** TLS begins; asked for only where it may. */
  | 'tls'
  | 'late'
  | 'closed';

export interface ProxyHeaderOptions {
  readonly withinMs: number;
  /** Whether the header may also come within TLS. */
  readonly mayBeTls: boolean;
}

/** The first octet of a TLS handshake (RFC 8446 section 5.1); no PROXY header begins with it. */
const handshakeRecord = 0x16;

/** Calls back once, within `withinMs`. The socket has no listener of ours then, and is paused. */
export function takeProxyHeader(
  socket: Socket,
  { withinMs, mayBeTls }: ProxyHeaderOptions,
  callback: (greeting: ProxyGreeting) => void,
): void {
  let held: Buffer = Buffer.alloc(0);
  const finish = (greeting: ProxyGreeting): void => {
    clearTimeout(timer);
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).pause();
    callback(greeting);
  };
  const onEnd = (): void => finish('closed');
  const onData = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (mayBeTls && held[0] === handshakeRecord) {
      socket.pause();
      socket.unshift(held);
      finish('tls');
      return;
    }
    const reading = readProxyHeader(held);
    if (reading === 'more') return;
    if (reading === 'malformed') {
      finish('malformed');
      return;
    }
    // Paused before its octets are put back, or they would come straight out again.
    socket.pause();
    const rest = held.subarray(reading.size);
    if (rest.length > 0) socket.unshift(rest);
    finish({ source: reading.source });
  };
  const timer = setTimeout(() => finish('late'), withinMs);
  socket.on('data', onData).on('end', onEnd).on('close', onEnd);
}
