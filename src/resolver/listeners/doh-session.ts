/**
 * One client's HTTP/2 session: requests in, answers out as they are ready, and a bound on all that it may hold.
 *
 * A query stays under way until it is answered, even when its request has been taken back: else a client could have as
 * many under way as it can reset (CVE-2023-44487). Requests over the cap are sent back unread, which HTTP/2 lets clients
 * try again (RFC 9113 section 8.7). A session that lives on such is ended, as is one whose client reads no answers.
 */

import {
  constants,
  type Http2Session,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { maxMessageSize } from '../../dns/message.ts';
import type { Reply } from '../reply.ts';
import type { Arrival, Conversation } from './accept-streams.ts';
import type { Client } from './client.ts';
import { allowedMethods, dnsMessageType, readDohRequest } from './doh-request.ts';
import { freshSeconds } from './freshness.ts';
import { IdleTimer } from './idle-timer.ts';
import type { Responder } from './listener.ts';
import type { TcpConnections } from './tcp-connections.ts';
import type { CutReason, HttpError, TransportCounters } from './transport-counters.ts';

export interface DohSessionOptions {
  readonly responder: Responder;
  readonly connections: TcpConnections;
  readonly counters: TransportCounters;
  /** The only resource there is. */
  readonly path: string;
}

/** Octets of a request's header fields, and their number: a browser sends some 20, of less than 2 KiB, besides the query. */
const headerListSize = 16 * 1024;
const headerListPairs = 64;
/** Frames that no client has a reason to send. Node's default is 1000. */
const invalidFrames = 10;

export class DohSession implements Conversation {
  readonly #socket: Socket;
  readonly #session: Http2Session;
  readonly #client: Client;
  readonly #options: DohSessionOptions;
  readonly #idle: IdleTimer;
  #pending = 0;
  #taken = 0;
  /** Octets of answers whose requests have not come to their end. */
  #unread = 0;
  /** Requests taken back, sent back, or never finished, less those that were answered. */
  #offences = 0;
  /** By us, so that what the session says of its end is no news. */
  #isEnded = false;

  constructor(socket: Socket, arrival: Arrival, options: DohSessionOptions) {
    const { connections } = options;
    this.#socket = socket;
    this.#options = options;
    const { address, local, port } = arrival;
    this.#client = { transport: 'doh', address, local, ...(port !== undefined && { port }) };
    this.#idle = new IdleTimer(connections, arrival.claim, () => this.#onIdle());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#idle.stop());
    this.#session = performServerHandshake(socket, {
      maxHeaderListPairs: headerListPairs,
      maxSessionInvalidFrames: invalidFrames,
      maxSettings: 16,
      settings: {
        maxConcurrentStreams: connections.limits.pendingPerSession,
        maxHeaderListSize: headerListSize,
      },
    });
    this.#session.on('error', error => {
      if (isProtocolError(error)) this.#cut('protocol');
      else socket.destroy();
    });
    this.#session.on('close', () => socket.end());
    // A client that will say no more is answered what it has asked, then done with.
    socket.on('end', () => this.#session.close());
    this.#session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      this.#onRequest(stream, headers),
    );
  }

  /** Queries taken and not yet answered. */
  get pending(): number {
    return this.#pending;
  }

  /** GOAWAY: what is under way is answered. */
  stopReading(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#isEnded = true;
    this.#session.destroy();
    this.#socket.destroy();
  }

  #onRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { connections, counters, path } = this.#options;
    const { limits } = connections;
    stream.on('error', () => undefined);
    this.#taken += 1;
    if (this.#taken >= limits.queriesPerConnection) this.#session.close();
    // Taken back before we have heard of it.
    if (stream.destroyed || stream.closed) {
      this.#onReset();
      return;
    }
    if (this.#pending >= limits.pendingPerSession) {
      counters.refusedStreams += 1;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      this.#onOffence();
      return;
    }
    stream.once('aborted', () => this.#onReset());
    const request = readDohRequest(headers, path);
    if (request.kind === 'error') this.#refuse(stream, request.status, request.reason);
    else if (request.kind === 'content') this.#readContent(stream);
    else this.#take(stream, request.octets, request.isHead);
  }

  /** Content must come whole in the time for a message, however it trickles, and in the size of one. */
  #readContent(stream: ServerHttp2Stream): void {
    const { connections, counters } = this.#options;
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => {
      counters.cut['slow-message'] += 1;
      this.#onOffence();
      stream.removeAllListeners('aborted').close(constants.NGHTTP2_CANCEL);
    }, connections.limits.messageMs);
    stream.once('close', () => clearTimeout(timer));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxMessageSize) {
        chunks.push(chunk);
        return;
      }
      stream.removeAllListeners('data').removeAllListeners('end');
      this.#refuse(stream, 413, 'no DNS message is so long');
    });
    stream.once('end', () => {
      clearTimeout(timer);
      if (stream.destroyed || stream.aborted) return;
      this.#take(stream, new Uint8Array(Buffer.concat(chunks)), false);
    });
  }

  #take(stream: ServerHttp2Stream, octets: Uint8Array, isHead: boolean): void {
    this.#pending += 1;
    this.#idle.restart();
    this.#options.responder(octets, this.#client, (answer, reply) => {
      this.#pending -= 1;
      if (this.#socket.destroyed) return;
      this.#idle.restart();
      if (stream.destroyed || stream.closed) return;
      if (answer) this.#answer(stream, { octets: answer, reply, isHead });
      else this.#refuse(stream, 400, 'that is no DNS query');
    });
  }

  #answer(stream: ServerHttp2Stream, { octets, reply, isHead }: ReadyAnswer): void {
    this.#offences = Math.max(0, this.#offences - 1);
    const headers = {
      ':status': 200,
      'content-type': dnsMessageType,
      'content-length': octets.length,
      'cache-control': `max-age=${reply ? freshSeconds(reply) : 0}`,
    };
    if (isHead) {
      stream.respond(headers, { endStream: true });
      return;
    }
    const { connections } = this.#options;
    this.#unread += octets.length;
    connections.addUnread(octets.length);
    stream.once('close', () => {
      this.#unread -= octets.length;
      connections.addUnread(-octets.length);
    });
    stream.respond(headers);
    stream.end(octets);
    if (this.#unread > connections.limits.unreadPerSession || connections.isHoarding(this.#unread))
      this.#cut('slow-reader');
  }

  #refuse(stream: ServerHttp2Stream, status: HttpError, reason: string): void {
    // Content that has come may be heard of after its request was taken back.
    if (stream.destroyed || stream.closed) return;
    this.#options.counters.httpErrors[status] += 1;
    const text = `${reason}\n`;
    stream.respond({
      ':status': status,
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      ...(status === 405 && { allow: allowedMethods }),
    });
    stream.end(text);
    // What of the request has not been read is not going to be (RFC 9113 section 8.1).
    if (!stream.readableEnded) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  #onReset(): void {
    this.#options.counters.resets += 1;
    this.#onOffence();
  }

  #onOffence(): void {
    this.#offences += 1;
    if (this.#offences > this.#options.connections.limits.resets)
      this.#cut('resets', constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #onIdle(): void {
    if (this.#pending > 0) this.#idle.restart();
    else if (this.#unread > 0) this.#cut('slow-reader');
    else this.destroy();
  }

  #cut(reason: CutReason, code: number = constants.NGHTTP2_PROTOCOL_ERROR): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.counters.cut[reason] += 1;
    if (!this.#session.destroyed) this.#session.destroy(undefined, code);
    this.#socket.destroy();
  }
}

/** Rather than a lost connection. */
function isProtocolError(error: NodeJS.ErrnoException): boolean {
  return error.code?.startsWith('ERR_HTTP2_') ?? false;
}

interface ReadyAnswer {
  readonly octets: Uint8Array;
  readonly reply: Reply | undefined;
  readonly isHead: boolean;
}
