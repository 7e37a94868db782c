/** One query to an upstream over TCP, on a connection of its own: for answers that UDP could not carry. */
import { createConnection } from 'node:net';
import { framed, MessageFraming } from '../message-framing.ts';
import type { ExchangeRequest } from './exchange.ts';
import { type Answer, readAnswer } from './upstream-query.ts';

/** Waits for the answer until the signal aborts. @throws The signal's reason; an error when the connection ends before. */
export async function exchangeTcp(request: ExchangeRequest): Promise<Answer> {
  const { upstream, port, query, signal, onMismatch } = request;
  signal.throwIfAborted();
  const socket = createConnection({
    host: upstream.address.text,
    port,
    localAddress: upstream.source.text,
    noDelay: true,
  });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const framing = new MessageFraming();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      socket.once('error', reject);
      socket.once('close', () => reject(closedEarly(upstream.address.text)));
      socket.on('data', chunk => {
        framing.add(chunk);
        for (let octets = framing.next(); octets; octets = framing.next()) {
          const answer = readAnswer(query, octets);
          if (answer === undefined || answer === 'truncated') onMismatch();
          else resolve(answer);
        }
      });
      socket.write(framed(query.octets));
    });
  } finally {
    socket.destroy();
  }
}

/** As the operating system would put it, for whoever tells the network's failures from ours. */
function closedEarly(address: string): Error {
  return Object.assign(new Error(`${address} closed the connection`), {
    code: 'ECONNRESET',
    syscall: 'read',
  });
}
