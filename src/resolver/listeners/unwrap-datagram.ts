/** Whose query a datagram is, where proxies speak for others: each datagram says so anew, in a PROXY header. */
import type { ListenOptions } from './listener.ts';
import { hasProxySignature, readProxyHeader } from './proxy-header.ts';

interface Unwrapped {
  readonly octets: Uint8Array;
  readonly address: string;
}

/**
 * What a client said, and its address. A trusted proxy must say for whom it speaks, in each datagram; anybody else who
 * does is dropped. Replies go to where the datagram came from, in either case.
 */
export function unwrapDatagram(
  datagram: Uint8Array,
  peer: string,
  { proxies, counters }: Pick<ListenOptions, 'proxies' | 'counters'>,
): Unwrapped | undefined {
  if (!proxies.has(peer)) {
    if (!hasProxySignature(datagram)) return { octets: datagram, address: peer };
    counters.strangeProxyHeaders += 1;
    return undefined;
  }
  const header = readProxyHeader(datagram);
  if (typeof header === 'string') {
    counters.badProxyHeaders.udp += 1;
    return undefined;
  }
  return { octets: datagram.subarray(header.size), address: header.source?.text ?? peer };
}
