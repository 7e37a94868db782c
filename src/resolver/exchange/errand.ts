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

/** One of the servers, and how far it is with it. */
interface Candidate {
  readonly server: Server;
  /** It has said something, or will not be asked: it is of no more use. */
  isDone: boolean;
  isAsked: boolean;
  /** While it is being asked. */
  wait: Wait<Answer> | undefined;
}

export class Errand {
  readonly #options: ErrandOptions;
  readonly #result = Promise.withResolvers<AuthorityAnswer | undefined>();
  readonly #candidates: readonly Candidate[];
  /** The one whose time is not over. */
  #latest: Candidate | undefined;
  #attempts = 0;
  #next = 0;
  #isOver = false;

  constructor(options: ErrandOptions) {
    this.#options = options;
    this.#candidates = options.order.map(server => ({
      server,
      isDone: false,
      isAsked: false,
      wait: undefined,
    }));
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
    for (const { wait } of this.#candidates) wait?.end();
  }

  #advance(): void {
    if (this.#isOver || this.#latest) return;
    const candidate = this.#nextCandidate();
    if (candidate) this.#ask(candidate);
    else if (!this.#candidates.some(({ wait }) => wait)) this.end();
  }

  #ask(candidate: Candidate): void {
    this.#attempts += 1;
    this.#latest = candidate;
    candidate.isAsked = true;
    const handOver = (): void => {
      if (this.#latest !== candidate) return;
      this.#latest = undefined;
      this.#advance();
    };
    const onWord = (): void => {
      candidate.isDone = true;
    };
    const events = { onSilent: handOver, onUnreachable: handOver, onWord };
    candidate.wait = this.#options.ask(candidate.server, events);
    candidate.wait.outcome.then(
      answer => {
        candidate.wait = undefined;
        if (this.#latest === candidate) this.#latest = undefined;
        if (answer) this.#take(candidate, answer);
        this.#advance();
      },
      (error: unknown) => {
        candidate.wait = undefined;
        this.end(undefined, { error });
      },
    );
  }

  #take(candidate: Candidate, { message }: Answer): void {
    if (this.#isOver) return;
    candidate.isDone = true;
    const { server } = candidate;
    try {
      const judgement = this.#options.judge(server, message);
      if (judgement === 'useful') this.end({ message, server: server.address });
    } catch (error) {
      this.end(undefined, { error });
    }
  }

  /** Round and round among those that are silent and not being waited for. */
  #nextCandidate(): Candidate | undefined {
    const { attemptLimit, hasRoomFor } = this.#options;
    const candidates = this.#candidates;
    if (this.#attempts >= attemptLimit) return undefined;
    for (let looked = 0; looked < candidates.length; looked += 1) {
      const candidate = candidates[this.#next];
      this.#next = (this.#next + 1) % candidates.length;
      if (!candidate || candidate.isDone || candidate.wait) continue;
      if (candidate.server.isDown && candidate.isAsked) continue;
      if (hasRoomFor(candidate.server)) return candidate;
      candidate.isDone = true;
    }
    return undefined;
  }
}
