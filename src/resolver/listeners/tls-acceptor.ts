/**
 * TLS on sockets that others have accepted: handshakes within their time, with the certificate of the moment.
 *
 * TLS 1.2 or later (RFC 7858 section 3.2, RFC 9325 section 3.1.1), the ciphers of Node. Sessions are resumed by tickets;
 * there is no early data, which could be replayed. No client certificates, no renegotiation.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface TlsAcceptorOptions {
  readonly certificate: Certificate;
  /** Milliseconds a handshake may take. */
  readonly handshakeMs: number;
  /** From what the client offers by ALPN (RFC 7301), or undefined to end the handshake. Not asked when it offers nothing. */
  readonly chooseProtocol: (offered: readonly string[]) => string | undefined;
  /** Told of each connection that ended before its handshake did. */
  readonly onFailed: () => void;
}

export class TlsAcceptor implements Disposable {
  readonly #server: Server;
  readonly #watch: Disposable;
  readonly #onFailed: () => void;
  /** What to do with a socket once it is secure, by the client's address and port: the socket within is another object. */
  readonly #waiting = new Map<string, (socket: TLSSocket) => void>();

  constructor({ certificate, handshakeMs, chooseProtocol, onFailed }: TlsAcceptorOptions) {
    this.#onFailed = onFailed;
    const options: TlsOptions = {
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      handshakeTimeout: handshakeMs,
      ALPNCallback: ({ protocols }) => chooseProtocol(protocols),
      allowHalfOpen: true,
      ...certificate.credentials,
    };
    // Never listens: it is given sockets.
    this.#server = createServer(options, socket => {
      const key = keyOf(socket);
      const secured = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (secured) secured(socket);
      else socket.destroy();
    });
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#watch = certificate.onChange(({ cert, key, ticketKeys }) => {
      const { minVersion, secureOptions } = options;
      this.#server.setSecureContext({ minVersion, secureOptions, cert, key, ticketKeys });
    });
  }

  /** Shakes hands; `secured` is called when that was done, and never when it was not. */
  accept(socket: Socket, secured: (socket: TLSSocket) => void): void {
    const key = keyOf(socket);
    this.#waiting.set(key, secured);
    socket.once('close', () => {
      if (this.#waiting.get(key) !== secured) return;
      this.#waiting.delete(key);
      this.#onFailed();
    });
    this.#server.emit('connection', socket);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
