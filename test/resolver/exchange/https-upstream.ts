/** A server of DNS over HTTPS that says what the test tells it to, on a port of its own at 127.0.0.1. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import type { TestCertificate } from '../certificates.ts';

export const host = '127.0.0.1';

export interface HttpsCall {
  readonly headers: IncomingHttpHeaders;
  readonly octets: Uint8Array;
  readonly query: Message;
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  /** Answers with status 200, and more headers where the test has some. */
  send(answer: Message | Uint8Array, headers?: Readonly<Record<string, string | number>>): void;
}

export interface HttpsUpstream extends AsyncDisposable {
  readonly port: number;
  readonly calls: readonly HttpsCall[];
  readonly sessions: readonly ServerHttp2Session[];
  readonly sockets: readonly TLSSocket[];
}

export async function openHttpsUpstream(
  { certificate, key }: TestCertificate,
  script: (call: HttpsCall) => void,
): Promise<HttpsUpstream> {
  const calls: HttpsCall[] = [];
  const sessions: ServerHttp2Session[] = [];
  const sockets: TLSSocket[] = [];
  const server = createSecureServer({ cert: await readFile(certificate), key: await readFile(key) });
  server.on('secureConnection', socket => sockets.push(socket));
  server.on('session', session => {
    sessions.push(session);
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const octets = new Uint8Array(Buffer.concat(chunks));
        const send: HttpsCall['send'] = (answer, more = {}) => {
          if (stream.destroyed) return;
          stream.respond({ ':status': 200, 'content-type': 'application/dns-message', ...more });
          stream.end(answer instanceof Uint8Array ? answer : encodeMessage(answer));
        };
        const call = { headers, octets, query: decodeMessage(octets), stream, session, send };
        calls.push(call);
        script(call);
      });
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    sessions,
    sockets,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
