/**
 * Queries over HTTPS (RFC 8484) to servers that are known by name: each is a POST on the one HTTP/2 session that the server
 * has, sent when its certificate has been verified.
 *
 * A session that the server leaves (GOAWAY, or its end) is replaced by the next query; what had been sent on it and found
 * no answer is asked again, once. So is one on which nothing at all came while a query waited in vain: whoever is at its
 * other end may be gone without a word. No redirection is followed and no cookie kept: who is asked is the configuration's
 * to say. Standards: RFC 8484, 8467 (padding, by the caller), 9113.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { type Message, maxMessageSize } from '../../dns/message.ts';
import type { Clock } from '../../system/clock.ts';
import type { Deadline, Deadlines } from './deadlines.ts';
import type { Wait } from './endpoint.ts';
import { type Answer, readAnswer } from './query.ts';
import { asSystemError, SecureDialler, type SecureEndpoint, secureKey } from './secure-dialler.ts';
import type { StreamRequest } from './stream-connections.ts';

export interface HttpsEndpoint extends SecureEndpoint {
  readonly path: string;
}

export interface HttpsRequest extends StreamRequest {
  readonly server: HttpsEndpoint;
}

/** Under way on one session; servers commonly allow 100 to 250 streams at once, and what is more waits for its turn. */
const queriesPerSession = 512;

/** After so many a session is left: the numbers of its streams are 2^30 (RFC 9113 section 5.1.1). */
const queriesInAll = 1_000_000;

/** Milliseconds without a query after which it is closed; as over TLS. */
const idleMs = 10_000;

const mediaType = 'application/dns-message';

/** `isLost`: by no fault of the query's; whoever asks anew may find a session that is well. */
type Outcome = Answer | { readonly error: Error; readonly isLost: boolean };

class Session {
  readonly #session: ClientHttp2Session;
  readonly #deadlines: Deadlines;
  readonly #onIdle = (): void => this.#session.close();
  #idling: Deadline | undefined;
  #underWay = 0;
  #asked = 0;
  #heard = 0;
  #isSuspect = false;

  constructor(dialler: SecureDialler, { name, port }: HttpsEndpoint, deadlines: Deadlines) {
    this.#deadlines = deadlines;
    this.#session = connect(`https://${name}:${port}`, {
      createConnection: () => {
        const socket = dialler.dial();
        // Before Node's own listener, which would talk HTTP/2 to whatever there is. The session is ended, not the socket: of
        // a socket that is gone that listener makes an assertion that ends the process (Node 24).
        socket.once('secureConnect', () => {
          if (socket.alpnProtocol === 'h2') return;
          const failure = new Error('the server does not speak HTTP/2');
          dialler.failed(failure);
          this.#session.destroy(failure);
        });
        return socket;
      },
      settings: { enablePush: false },
      maxHeaderListPairs: 64,
    });
    // It ends its streams, which tell.
    this.#session.on('error', () => undefined);
  }

  /** Whether it may be given another query. */
  get isOpen(): boolean {
    const { closed, destroyed } = this.#session;
    return !closed && !destroyed && !this.#isSuspect && this.#asked < queriesInAll;
  }

  get hasRoom(): boolean {
    return this.#underWay < queriesPerSession;
  }

  /** Undefined when it was ended. */
  ask(request: HttpsRequest): Wait<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>();
    const heard = this.#heard;
    const stream = this.#open(request);
    let isOver = false;
    const settle = (outcome: Outcome | undefined): void => {
      if (isOver) return;
      isOver = true;
      this.#underWay -= 1;
      this.#rest();
      resolve(outcome);
    };
    readResponse(stream, request, outcome => {
      const isHeard = !('error' in outcome) || !outcome.isLost;
      if (isHeard) this.#heard += 1;
      settle(isHeard || heard > 0 ? outcome : { ...outcome, isLost: false });
    });
    const end = (): void => {
      if (isOver) return;
      this.#isSuspect ||= this.#heard === heard;
      // Without a connection yet, the stream says nothing of its end until there is one.
      stream.close(constants.NGHTTP2_CANCEL);
      settle(undefined);
    };
    return { outcome: promise, end };
  }

  destroy(): void {
    this.#idling?.callOff();
    this.#session.destroy();
  }

  #open({ server, query, wire }: HttpsRequest): ClientHttp2Stream {
    this.#idling?.callOff();
    this.#underWay += 1;
    this.#asked += 1;
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': server.path,
      'content-type': mediaType,
      accept: mediaType,
      'content-length': query.octets.length,
    });
    wire?.sent(query.octets);
    stream.end(query.octets);
    return stream;
  }

  #rest(): void {
    if (this.#underWay > 0) return;
    if (this.isOpen) this.#idling = this.#deadlines.set(idleMs, this.#onIdle);
    else this.#session.destroy();
  }
}

interface Known {
  readonly dialler: SecureDialler;
  session: Session | undefined;
}

export class HttpsExchanges implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** There are as many as the configuration names. */
  readonly #servers = new Map<string, Known>();
  #isClosing = false;

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /** The outcome rejects with a system error, its message the reason: no session, or no answer where one should be. */
  exchange(request: HttpsRequest): Wait<Answer> {
    let current: Wait<Outcome> | undefined;
    let isOver = false;
    const once = async (): Promise<Outcome | undefined> => {
      if (isOver) return undefined;
      const session = this.#sessionFor(request.server);
      if (session instanceof Error) return { error: session, isLost: false };
      current = session.ask(request);
      return await current.outcome;
    };
    const run = async (): Promise<Answer | undefined> => {
      const first = await once();
      const outcome = first && 'error' in first && first.isLost ? await once() : first;
      if (!outcome || !('error' in outcome)) return outcome;
      throw this.#of(request.server).dialler.failure ?? asSystemError(outcome.error);
    };
    const end = (): void => {
      isOver = true;
      current?.end();
    };
    return { outcome: run(), end };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const { session } of this.#servers.values()) session?.destroy();
  }

  #sessionFor(server: HttpsEndpoint): Session | Error {
    const known = this.#of(server);
    const { session, dialler } = known;
    if (session?.isOpen) return session.hasRoom ? session : new Error('too many queries under way');
    if (this.#isClosing) return new Error('closing');
    if (dialler.heldBack) return dialler.heldBack;
    known.session = new Session(dialler, server, this.#deadlines);
    return known.session;
  }

  #of(server: HttpsEndpoint): Known {
    const key = secureKey(server);
    const known = this.#servers.get(key);
    if (known) return known;
    const made: Known = { dialler: new SecureDialler(this.#clock, server, 'h2'), session: undefined };
    this.#servers.set(key, made);
    return made;
  }
}

/** Gives what came, once, when the stream is over. */
function readResponse(
  stream: ClientHttp2Stream,
  { query, onMismatch, wire }: HttpsRequest,
  give: (outcome: Outcome) => void,
): void {
  const chunks: Buffer[] = [];
  let octets = 0;
  let ageSeconds = 0;
  let isWhole = false;
  let refusal: Error | undefined;
  let failure: Error | undefined;
  const refuse = (reason: string): void => {
    refusal ??= new Error(reason);
    stream.close(constants.NGHTTP2_CANCEL);
  };
  stream.on('response', headers => {
    const { ':status': status, 'content-type': type = '', age } = headers;
    ageSeconds = secondsOf(age);
    if (status !== 200) refuse(`HTTP status ${status}`);
    else if (type.split(';')[0]?.trim().toLowerCase() !== mediaType)
      refuse(`not DNS but ${type.slice(0, 80)}`);
  });
  stream.on('data', (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > maxMessageSize) refuse('more than a DNS message has');
    else chunks.push(chunk);
  });
  stream.on('end', () => {
    isWhole = true;
  });
  stream.on('error', error => {
    failure = error;
  });
  stream.on('close', () => {
    if (refusal) return give({ error: refusal, isLost: false });
    if (failure || !isWhole || stream.rstCode !== constants.NGHTTP2_NO_ERROR)
      return give({ error: failure ?? new Error('the server closed the stream'), isLost: true });
    const message = new Uint8Array(Buffer.concat(chunks));
    // Reading gives the name its own case back.
    const came = wire && message.slice();
    const reading = readAnswer(query, message, false);
    if (typeof reading !== 'object') {
      onMismatch();
      return give({ error: new Error('what came is no answer to the question'), isLost: false });
    }
    if (came) wire.received(came);
    give({ ...reading, message: aged(reading.message, ageSeconds) });
  });
}

/** RFC 9111 section 5.1; what is no number of seconds says nothing. */
function secondsOf(age: string | undefined): number {
  return age !== undefined && /^\d{1,9}$/.test(age) ? Number(age) : 0;
}

/** RFC 8484 section 5.1: what a cache on the way has held it for is gone from its TTLs. */
function aged(message: Message, seconds: number): Message {
  if (seconds === 0) return message;
  const age = <Held extends { readonly ttl: number }>(records: readonly Held[]): Held[] =>
    records.map(record => ({ ...record, ttl: Math.max(0, record.ttl - seconds) }));
  return {
    ...message,
    answers: age(message.answers),
    authorities: age(message.authorities),
    additionals: age(message.additionals),
  };
}
