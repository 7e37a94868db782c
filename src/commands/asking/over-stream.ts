/** A query over a connection of its own, TCP or TLS. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { framed, MessageFraming } from '../../resolver/message-framing.ts';
import type { Carrying } from './ask.ts';
import { tlsConnectionOptions } from './tls-options.ts';

/** The first message that comes back. Rejects with the socket's error, the certificate's fault or the signal's reason. */
export async function overStream({ server, octets, signal }: Carrying): Promise<Uint8Array> {
  const isSecure = server.transport === 'dot';
  const socket: Socket = isSecure
    ? connectTls({ ...tlsConnectionOptions(server), ALPNProtocols: ['dot'] })
    : connect({ host: server.address.text, port: server.port, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const framing = new MessageFraming();
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the server closed the connection')));
  socket.on('data', chunk => {
    framing.add(chunk);
    const message = framing.next();
    if (message) resolve(message);
  });
  // Nothing is sent before the certificate has been verified.
  socket.once(isSecure ? 'secureConnect' : 'connect', () => socket.write(framed(octets)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}
