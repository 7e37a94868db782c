/**
 * DNS over HTTPS on one address (RFC 8484): HTTP/2 within TLS, one resource, GET and POST.
 *
 * HTTP/2 is the least that RFC 8484 section 5.2 recommends, and the only one spoken here. A client of HTTP/1.1 is let
 * through the handshake to be told so: an alert of TLS would leave its owner guessing.
 */
import type { TLSSocket } from 'node:tls';
import { acceptStreams, introduce } from './accept-streams.ts';
import { DohSession } from './doh-session.ts';
import { mayShakeHands, type TlsListenOptions, withEnd } from './dot.ts';
import type { Listener } from './listener.ts';
import { TlsAcceptor } from './tls-acceptor.ts';

export interface DohListenOptions extends TlsListenOptions {
  readonly path: string;
}

/** RFC 9113 section 3.2, and what can only be told that it will not do. */
const protocol = 'h2';
const otherProtocols = ['http/1.1', 'http/1.0'];

/** @throws The operating system's error when the address or the port cannot be had. */
export async function listenDoh(options: DohListenOptions): Promise<Listener> {
  const { messageMs } = options.connections.limits;
  const acceptor = new TlsAcceptor({
    certificate: options.certificate,
    handshakeMs: messageMs,
    chooseProtocol: offered => [protocol, ...otherProtocols].find(known => offered.includes(known)),
    onFailed: () => {
      options.counters.failedHandshakes.doh += 1;
    },
  });
  try {
    const listener = await acceptStreams('doh', options, (socket, arrival) => {
      if (!mayShakeHands(socket, arrival, options)) return;
      acceptor.accept(socket, secured => {
        if (secured.alpnProtocol === protocol) {
          introduce(secured, arrival, { ...options, mayBeTls: false }, (_secured, introduced) =>
            arrival.begin(new DohSession(secured, introduced, options)),
          );
          return;
        }
        options.counters.httpErrors[505] += 1;
        tellVersion(secured, messageMs);
      });
    });
    return withEnd(listener, acceptor);
  } catch (error) {
    acceptor[Symbol.dispose]();
    throw error;
  }
}

const versionText = 'DNS over HTTPS is spoken over HTTP/2 here (ALPN h2).\n';

/** RFC 9110 section 15.6.6. */
const versionReply = [
  'HTTP/1.1 505 HTTP Version Not Supported',
  'connection: close',
  'content-type: text/plain',
  `content-length: ${versionText.length}`,
  '',
  versionText,
].join('\r\n');

/** Reads nothing of the request but its beginning, which says that somebody listens. */
function tellVersion(socket: TLSSocket, withinMs: number): void {
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), withinMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once('data', () => socket.end(versionReply));
  socket.on('end', () => socket.destroy());
}
