/**
 * One query to an upstream over UDP, from a socket of its own: a port drawn from a CSPRNG, bound to the management
 * address and connected, so that the kernel drops what comes from elsewhere. The socket ends with the query: a port that
 * is used once cannot be learned.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { ExchangeRequest } from './exchange.ts';
import { readAnswer, type UdpAnswer } from './upstream-query.ts';

/** Ports above the well-known ones; the kernel's own choice would come from a range half as large. */
const firstPort = 1024;
const lastPort = 65_535;

/**
 * BFD's (RFC 5881 section 4, RFC 5883 section 5): BIRD binds them whenever it starts, and a query under way from one of
 * them would leave it without BFD.
 */
const avoidedPorts: ReadonlySet<number> = new Set([3784, 3785, 4784]);

/** Draws until a free port is found; with a thousand sockets open, 1 draw in 60 fails. */
const draws = 8;

/** Wrong answers after which somebody is guessing, and TCP is asked instead (64 of 2^16 ids: 1 guesser in 1000 wins). */
const mismatchLimit = 64;

/** Waits for the answer until the signal aborts. @throws The signal's reason; the system's error when no socket can be had. */
export async function exchangeUdp(request: ExchangeRequest): Promise<UdpAnswer> {
  const { query, signal, onMismatch, onUnreachable } = request;
  const socket = await openSocket(request);
  try {
    signal.throwIfAborted();
    return await new Promise<UdpAnswer>((resolve, reject) => {
      let mismatches = 0;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      socket.on('error', onUnreachable);
      socket.on('message', message => {
        const octets = new Uint8Array(message.buffer, message.byteOffset, message.length);
        const answer = readAnswer(query, octets);
        if (answer) return resolve(answer);
        onMismatch();
        mismatches += 1;
        if (mismatches >= mismatchLimit) resolve('truncated');
      });
      socket.send(query.octets, error => {
        if (error) onUnreachable();
      });
    });
  } finally {
    socket.close();
  }
}

async function openSocket(request: ExchangeRequest): Promise<Socket> {
  for (let draw = 1; ; draw += 1) {
    try {
      return await openSocketAt(request, queryPort());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || draw === draws) throw error;
    }
  }
}

/** The first drawn port that a query may leave from. */
export function queryPort(draw = () => randomInt(firstPort, lastPort + 1)): number {
  let port = draw();
  while (avoidedPorts.has(port)) port = draw();
  return port;
}

async function openSocketAt({ upstream, port }: ExchangeRequest, ownPort: number): Promise<Socket> {
  const { family } = upstream.address;
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    // Addresses are literals: there is nothing to look up.
    lookup: (address, _options, callback) => callback(null, address, family),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: upstream.source.text, port: ownPort, exclusive: true }, () => {
        // The type says that the callback gets nothing; it gets the error of connect(2) when there is one.
        socket.connect(port, upstream.address.text, ((error?: Error) => {
          socket.off('error', reject);
          if (error) reject(error);
          else resolve();
        }) as () => void);
      });
    });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
