/**
 * One question to the servers of one zone, one after another, until one gives a useful answer.
 *
 * The next server is asked when the latest has kept silent for its time, could not be reached, or was of no use; the
 * earlier ones may still answer for a while. Silent ones are asked again after the others, when the wait for their first
 * answer is over: no server is ever asked twice at once, which would double a forger's chances. One that is down by then
 * is not: of many questions that wait in vain, each would go on costing as much.
 */
import type { Message } from '../../dns/message.ts';
import type { AuthorityAnswer, Judgement } from '../iterator/authorities.ts';
import type { AskEvents } from './ask-server.ts';
import type { Wait } from './endpoint.ts';
import type { Answer } from './query.ts';
import type { Server } from './server.ts';

export interface ErrandOptions {
  /** The servers in the order to ask them in. */
  readonly order: readonly Server[];
  readonly attemptLimit: number;
  /** Whether there is room to ask this one now; counts it when there is not. */
  readonly hasRoomFor: (server: Server) => boolean;
  readonly ask: (server: Server, events: AskEvents) => Wait<Answer>;
  /** Told of what the server said; remembers what is to be remembered. */
  readonly judge: (server: Server, message: Message) => Judgement;
}

export class Errand {
  readonly #options: ErrandOptions;
  readonly #result = Promise.withResolvers<AuthorityAnswer | undefined>();
  /** Servers that have said nothing yet. */
  readonly #silent: Set<Server>;
  readonly #running = new Map<Server, Wait<Answer>>();
  readonly #asked = new Set<Server>();
  /** The one whose time is not over. */
  #latest: Server | undefined;
  #attempts = 0;
  #next = 0;
  #isOver = false;

  constructor(options: ErrandOptions) {
    this.#options = options;
    this.#silent = new Set(options.order);
  }

  /** Undefined when no server gave a useful answer. Rejects with what an attempt rejected with. */
  get result(): Promise<AuthorityAnswer | undefined> {
    return this.#result.promise;
  }

  start(): void {
    this.#advance();
  }

  /** Ends with this result, or with this error. */
  end(answer?: AuthorityAnswer, failure?: { readonly error: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (failure) this.#result.reject(failure.error);
    else this.#result.resolve(answer);
    for (const wait of this.#running.values()) wait.end();
  }

  #advance(): void {
    if (this.#isOver || this.#latest) return;
    const server = this.#nextServer();
    if (server) this.#ask(server);
    else if (this.#running.size === 0) this.end();
  }

  #ask(server: Server): void {
    this.#attempts += 1;
    this.#latest = server;
    this.#asked.add(server);
    const handOver = (): void => {
      if (this.#latest !== server) return;
      this.#latest = undefined;
      this.#advance();
    };
    const onWord = (): void => void this.#silent.delete(server);
    const wait = this.#options.ask(server, { onSilent: handOver, onUnreachable: handOver, onWord });
    this.#running.set(server, wait);
    wait.outcome.then(
      answer => {
        this.#running.delete(server);
        if (this.#latest === server) this.#latest = undefined;
        if (answer) this.#take(server, answer);
        this.#advance();
      },
      (error: unknown) => {
        this.#running.delete(server);
        this.end(undefined, { error });
      },
    );
  }

  #take(server: Server, { message, octets }: Answer): void {
    if (this.#isOver) return;
    this.#silent.delete(server);
    try {
      const judgement = this.#options.judge(server, message);
      if (judgement === 'useful') this.end({ message, server: server.address, octets });
    } catch (error) {
      this.end(undefined, { error });
    }
  }

  /** Round and round among those that are silent and not being waited for. */
  #nextServer(): Server | undefined {
    const { order, attemptLimit, hasRoomFor } = this.#options;
    if (this.#attempts >= attemptLimit) return undefined;
    for (let looked = 0; looked < order.length; looked += 1) {
      const server = order[this.#next];
      this.#next = (this.#next + 1) % order.length;
      if (!server || !this.#silent.has(server) || this.#running.has(server)) continue;
      if (server.isDown && this.#asked.has(server)) continue;
      if (hasRoomFor(server)) return server;
      this.#silent.delete(server);
    }
    return undefined;
  }
}
