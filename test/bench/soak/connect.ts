/** Connections to the resolver from an address of the client's choice. Its certificate is one that nobody vouches for. */
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { places } from '../universe/zones.ts';
import { ports } from './field.ts';

export function connectPlain(port: number, localAddress: string): Socket {
  const socket = createConnection({ host: places.anycast, port, localAddress });
  socket.on('error', () => undefined);
  return socket;
}

export function connectSecure(socket: Socket, protocols: readonly string[] = []): TLSSocket {
  const secure = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: [...protocols] });
  secure.on('error', () => undefined);
  secure.on('close', () => socket.destroy());
  return secure;
}

export function connectHttps(localAddress: string): ClientHttp2Session {
  const createSecure = (): TLSSocket => connectSecure(connectPlain(ports.doh, localAddress), ['h2']);
  const session = connectHttp2(`https://${places.anycast}`, { createConnection: createSecure });
  session.on('error', () => undefined);
  return session;
}
