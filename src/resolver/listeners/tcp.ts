/**
 * DNS over TCP on one address (RFC 7766): queries may follow each other without waiting, answers leave as they are ready.
 *
 * A connection costs memory for as long as its client likes, so everything it may hold is bounded: connections in all and
 * per client, time without a query, time from the first octet of a message to its last, messages under way, octets that
 * the client does not read and the time it takes to read them, queries in all. Over the caps a connection is closed at
 * once; a client with too many messages under way, or answers unread, is read no further until answers have left.
 */
import { acceptStreams, endStrangers, type StreamListenOptions } from './accept-streams.ts';
import type { Listener } from './listener.ts';
import { TcpConnection } from './tcp-connection.ts';

/** @throws The operating system's error when the address or the port cannot be had. */
export function listenTcp(options: StreamListenOptions): Promise<Listener> {
  return acceptStreams('tcp', options, (socket, arrival) => {
    endStrangers(socket, options);
    arrival.begin(new TcpConnection(socket, arrival, options));
    // Where a PROXY header was taken off, the socket waits.
    socket.resume();
  });
}
