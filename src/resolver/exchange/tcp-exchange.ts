/** Queries over TCP: from the management address, on connections that are shared for a moment. */
import { createConnection } from 'node:net';
import type { Deadlines } from './deadlines.ts';
import { StreamConnections } from './stream-connections.ts';

export function tcpConnections(deadlines: Deadlines): StreamConnections {
  return new StreamConnections({
    deadlines,
    connect: ({ address, port, source }) =>
      createConnection({ host: address.text, port, localAddress: source.text, noDelay: true }),
  });
}
