/** A connection to BIRD's control socket: one command at a time, each with its reply, in bounded time. */
import { createConnection, type Socket } from 'node:net';
import { describeError, Fault } from '../../system/fault.ts';
import { type BirdReply, BirdReplyReader, birdCodes } from './bird-reply.ts';

export interface BirdControl extends AsyncDisposable {
  readonly isClosed: boolean;
  /**
   * Sends one command and gives its whole reply; a refusal is a reply too. Not to be called again before it settles.
   * An aborted or timed-out command ends the connection, since its reply may still come.
   * @throws Fault `unreachable` when BIRD goes away, talks nonsense or does not answer in time; the signal's reason.
   */
  command(text: string, signal: AbortSignal): Promise<BirdReply>;
}

/** Milliseconds for one reply. BIRD answers within one or two; it is silent only while frozen or starved. */
const replyTimeoutMs = 2000;

/** @throws Fault `unreachable` when no BIRD answers at `path`. */
export async function connectBird(path: string, signal: AbortSignal): Promise<BirdControl> {
  signal.throwIfAborted();
  const connection = new Connection(path, createConnection(path));
  try {
    const greeting = await connection.nextReply(signal);
    if (greeting.code !== birdCodes.welcome) throw gone(path, `greeted with code ${greeting.code}`);
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

class Connection implements BirdControl {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #reader = new BirdReplyReader();
  #waiting: PromiseWithResolvers<BirdReply> | undefined;

  constructor(path: string, socket: Socket) {
    this.#path = path;
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', error => this.#end(error));
    socket.once('close', () => this.#end());
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  async command(text: string, signal: AbortSignal): Promise<BirdReply> {
    signal.throwIfAborted();
    if (this.isClosed) throw gone(this.#path, 'the connection is closed');
    const reply = this.nextReply(signal);
    this.#socket.write(`${text}\n`);
    return await reply;
  }

  async nextReply(signal: AbortSignal): Promise<BirdReply> {
    if (this.#waiting)
      throw new Fault('internal', 'a command was sent to BIRD before the last one was answered');
    const waiting = Promise.withResolvers<BirdReply>();
    this.#waiting = waiting;
    const giveUp = (reason: unknown): void => {
      waiting.reject(reason);
      this.#socket.destroy();
    };
    const onAbort = (): void => giveUp(signal.reason);
    const timer = setTimeout(() => giveUp(gone(this.#path, 'no answer in time')), replyTimeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await waiting.promise;
    } finally {
      this.#waiting = undefined;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise<void>(resolve => this.#socket.once('close', () => resolve()));
    this.#socket.destroy();
    await closed;
  }

  #receive(text: string): void {
    try {
      for (const reply of this.#reader.read(text)) {
        if (!this.#waiting) throw new SyntaxError('a reply that nobody asked for');
        this.#waiting.resolve(reply);
        this.#waiting = undefined;
      }
    } catch (error) {
      this.#end(error);
    }
  }

  #end(cause?: unknown): void {
    this.#waiting?.reject(
      gone(this.#path, cause === undefined ? 'the connection closed' : describeError(cause)),
    );
    this.#socket.destroy();
  }
}

function gone(path: string, what: string): Fault {
  return new Fault('unreachable', `BIRD does not answer at ${path}: ${what}`, {
    hint: 'is the sidecar of this PoP running, with the same --run-dir?',
  });
}
