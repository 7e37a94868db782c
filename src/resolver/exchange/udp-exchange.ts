/**
 * One query to a server over UDP.
 *
 * The wait ends with the answer, or when the caller ends it. What else comes is counted and waited past: malformed octets,
 * answers to something else, and the network's word that nobody is there can all be forged, and whoever could end the
 * wait with them could keep names from being resolved (TuDoor). Too many of them only move the question to TCP, where
 * guessing is of no use.
 */
import type { Endpoint, Wait } from './endpoint.ts';
import { keepsCookie } from './held-cookie.ts';
import { type Answer, type Query, type Reading, readAnswer } from './query.ts';
import type { QuerySocket, QuerySockets } from './query-sockets.ts';
import type { WireTap } from './wire-tap.ts';

export interface UdpRequest {
  readonly server: Endpoint;
  readonly query: Query;
  /** Near misses after which somebody is taken to be guessing. */
  readonly nearMissLimit: number;
  /** Octets came that were not the answer. */
  readonly onMismatch: () => void;
  /** The network says that nobody is there. Only a hint: it can be forged, so the wait goes on. */
  readonly onUnreachable: () => void;
  readonly wire?: WireTap | undefined;
}

/**
 * All but the answer mean: ask over TCP. `case-lost`: the name came back in another case, if it was the server that wrote;
 * `cookie-lost`: without the cookie that it would send.
 */
export type UdpOutcome = Answer | 'truncated' | 'near-miss' | 'case-lost' | 'cookie-lost';

/** Malformed messages under the right id cost their decoding; a server that sends more of them has nothing else to say. */
const junkLimit = 16;

/** The outcome rejects with the system's error when no socket can be had. */
export function exchangeUdp(sockets: QuerySockets, request: UdpRequest): Wait<UdpOutcome> {
  const exchange = new UdpExchange(sockets, request);
  const taken = sockets.take(request.server);
  if (taken instanceof Promise) taken.then(exchange.begin, exchange.fail);
  else exchange.begin(taken);
  return exchange;
}

function withItsCookie({ cookie }: Query, reading: Reading): Reading | 'cookie-lost' {
  if (!cookie || typeof reading !== 'object') return reading;
  return keepsCookie(cookie, reading.message.edns) ? reading : 'cookie-lost';
}

class UdpExchange implements Wait<UdpOutcome> {
  readonly outcome: Promise<UdpOutcome | undefined>;
  readonly #result = Promise.withResolvers<UdpOutcome | undefined>();
  readonly #sockets: QuerySockets;
  readonly #request: UdpRequest;
  #socket: QuerySocket | undefined;
  #nearMisses = 0;
  #junk = 0;
  #isTroubled = false;
  #isOver = false;

  constructor(sockets: QuerySockets, request: UdpRequest) {
    this.outcome = this.#result.promise;
    this.#sockets = sockets;
    this.#request = request;
  }

  /** Sends the query and listens. */
  readonly begin = (socket: QuerySocket): void => {
    if (this.#isOver) {
      this.#sockets.giveBack(socket, false);
      return;
    }
    this.#socket = socket;
    const { query, wire } = this.#request;
    socket.listen(this.#take, this.#onTrouble);
    wire?.sent(query.octets, socket.port);
    socket.send(query.octets);
  };

  readonly fail = (error: unknown): void => {
    this.#isOver = true;
    this.#result.reject(error);
  };

  end(outcome?: UdpOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // Clean: answered, and nothing but the answer has come.
    const isQuiet = !this.#isTroubled && this.#junk + this.#nearMisses === 0;
    if (this.#socket) this.#sockets.giveBack(this.#socket, isQuiet && typeof outcome === 'object');
    this.#result.resolve(outcome);
  }

  readonly #take = (octets: Uint8Array): void => {
    const { query, nearMissLimit, onMismatch, wire } = this.#request;
    // Reading gives the name its own case back.
    const came = wire && octets.slice();
    const reading = withItsCookie(query, readAnswer(query, octets));
    if (typeof reading === 'object' || reading === 'truncated') {
      if (came) wire.received(came);
      this.end(reading);
      return;
    }
    onMismatch();
    if (reading === 'junk') this.#junk += 1;
    else this.#nearMisses += 1;
    if (this.#nearMisses >= nearMissLimit) this.end(reading === 'junk' ? 'near-miss' : reading);
    else if (this.#junk >= junkLimit) this.end('near-miss');
  };

  readonly #onTrouble = (): void => {
    this.#isTroubled = true;
    this.#request.onUnreachable();
  };
}
