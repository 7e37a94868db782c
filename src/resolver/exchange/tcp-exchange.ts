/** Queries over TCP: from the management address, on connections that are shared for a moment. */
import { createConnection } from 'node:net';
import type { Deadlines } from './deadlines.ts';
import { StreamConnections, type StreamLimits } from './stream-connections.ts';

export function tcpConnections(deadlines: Deadlines, limits?: StreamLimits): StreamConnections {
  return new StreamConnections({
    deadlines,
    limits,
    connect: ({ address, port, source }) =>
      createConnection({ host: address.text, port, localAddress: source.text, noDelay: true }),
  });
}
