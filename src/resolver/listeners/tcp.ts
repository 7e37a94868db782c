/**
 * DNS over TCP on one address (RFC 7766): queries may follow each other without waiting, answers leave as they are ready.
 *
 * A connection costs memory for as long as its client likes, so everything it may hold is bounded: connections in all and
 * per client, time without a query, time from the first octet of a message to its last, messages under way, octets that
 * the client does not read. Over the caps a connection is closed at once; a client with too many messages under way, or
 * answers unread, is read no further until answers have left.
 */
import { createServer, type Server } from 'node:net';
import type { Listener, ListenOptions } from './listener.ts';
import { TcpConnection } from './tcp-connection.ts';
import type { TcpConnections } from './tcp-connections.ts';

/** @throws The operating system's error when the address or the port cannot be had. */
export async function listenTcp(options: ListenOptions, connections: TcpConnections): Promise<Listener> {
  const open = new Set<TcpConnection>();
  const failed = Promise.withResolvers<Error>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    const release = connections.admit(socket.remoteAddress ?? '');
    if (!release) {
      socket.destroy();
      return;
    }
    const connection = new TcpConnection(socket, { ...options, connections });
    open.add(connection);
    socket.once('close', () => {
      open.delete(connection);
      release();
    });
  });
  await bind(server, options);
  server.on('error', failed.resolve);
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : options.port,
    failed: failed.promise,
    get pending() {
      return [...open].reduce((sum, connection) => sum + connection.pending, 0);
    },
    stopAccepting() {
      server.close();
      for (const connection of open) connection.stopReading();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      for (const connection of open) connection.destroy();
      await closed;
    },
  };
}

async function bind(server: Server, { local, port }: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: local.text, port, ipv6Only: local.family === 6, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
