/** Asking over TCP, TLS and HTTPS: connections that serve many questions, and are made anew when they end. */
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import type { Asker } from '../universe/asker.ts';
import { places } from '../universe/zones.ts';
import { connectHttps, connectPlain, connectSecure } from './connect.ts';
import { ports } from './field.ts';

const { client: from } = places;

/** Questions that one connection serves: handshakes are part of the load. */
const questionsPerConnection = 20;

/** Over `tcp`, or over TLS. */
export function streamAsker(transport: 'tcp' | 'dot'): Asker {
  let current: StreamConnection | undefined;
  return {
    async ask(query, withinMs) {
      if (!current || current.isOver) {
        current?.finish();
        current = new StreamConnection(
          transport === 'tcp'
            ? connectPlain(ports.dns, from)
            : connectSecure(connectPlain(ports.dot, from), ['dot']),
        );
      }
      const startedMs = performance.now();
      const octets = await current.exchange(id => encodeMessage({ ...query, id }), withinMs);
      return octets && { message: decodeMessage(octets), ms: performance.now() - startedMs };
    },
    async [Symbol.asyncDispose]() {
      current?.destroy();
    },
  };
}

class StreamConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (octets: Uint8Array | undefined) => void>();
  #asked = 0;
  #isFinishing = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const framing = new MessageFraming();
    socket.on('data', chunk => {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next())
        this.#waiting.get(((octets[0] ?? 0) << 8) | (octets[1] ?? 0))?.(octets);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const resolve of this.#waiting.values()) resolve(undefined);
    });
  }

  get isOver(): boolean {
    return this.#asked >= questionsPerConnection || this.#socket.destroyed || !this.#socket.writable;
  }

  async exchange(octetsFor: (id: number) => Uint8Array, withinMs: number): Promise<Uint8Array | undefined> {
    const id = this.#asked++;
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    this.#waiting.set(id, resolve);
    const timer = setTimeout(() => resolve(undefined), withinMs);
    this.#socket.write(framed(octetsFor(id)));
    const octets = await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (this.#isFinishing && this.#waiting.size === 0) this.#socket.destroy();
    return octets;
  }

  /** Ends when the last answer has come. */
  finish(): void {
    this.#isFinishing = true;
    if (this.#waiting.size === 0) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Over HTTP/2 (RFC 8484), by POST. */
export function httpsAsker(): Asker {
  let session: ClientHttp2Session | undefined;
  let asked = 0;
  return {
    async ask(query, withinMs) {
      if (!session || session.closed || session.destroyed || asked >= questionsPerConnection) {
        session?.close();
        asked = 0;
        session = connectHttps(from);
      }
      asked += 1;
      const startedMs = performance.now();
      const octets = await post(session, encodeMessage({ ...query, id: 0 }), AbortSignal.timeout(withinMs));
      return octets && { message: decodeMessage(octets), ms: performance.now() - startedMs };
    },
    async [Symbol.asyncDispose]() {
      session?.destroy();
    },
  };
}

async function post(
  session: ClientHttp2Session,
  octets: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const type = 'application/dns-message';
  try {
    const stream = session.request(
      { ':method': 'POST', ':path': '/dns-query', 'content-type': type, accept: type },
      { signal },
    );
    stream.on('error', () => undefined);
    stream.end(octets);
    const chunks: Buffer[] = [];
    stream.on('data', chunk => chunks.push(chunk));
    const [headers] = await once(stream, 'response', { signal });
    if (headers[':status'] !== 200) return undefined;
    await once(stream, 'end', { signal });
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}
