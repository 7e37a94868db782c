/** A query over UDP, sent again while there is no answer. */
import { createSocket } from 'node:dgram';
import { type Answer, type Query, readAnswer } from '../../resolver/exchange/query.ts';
import type { Carrying } from './ask.ts';

/** Times the query is sent within the time-out, as dig does. */
const tries = 3;

/** Rejects with the socket's error, or the signal's reason. */
export async function overUdp(
  { server, octets, signal }: Carrying,
  { query, timeoutMs }: { readonly query: Query; readonly timeoutMs: number },
): Promise<Answer | 'truncated'> {
  const { address, port } = server;
  const { promise, resolve, reject } = Promise.withResolvers<Answer | 'truncated'>();
  const socket = createSocket(address.family === 4 ? 'udp4' : 'udp6');
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  socket.on('error', reject);
  socket.on('message', message => {
    const reading = readAnswer(query, new Uint8Array(message));
    if (typeof reading === 'object' || reading === 'truncated') resolve(reading);
  });
  const send = (): void => socket.send(octets, error => error && reject(error));
  // Connected: the kernel lets through what that server sends, and says when nobody is there.
  socket.once('connect', send);
  socket.connect(port, address.text);
  const again = setInterval(send, timeoutMs / tries);
  try {
    return await promise;
  } finally {
    clearInterval(again);
    signal.removeEventListener('abort', stop);
    socket.close();
  }
}
