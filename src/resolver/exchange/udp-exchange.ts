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
  const { promise, resolve } = Promise.withResolvers<UdpOutcome | undefined>();
  let isOver = false;
  const end = (outcome?: UdpOutcome): void => {
    isOver = true;
    resolve(outcome);
  };
  const run = async (): Promise<UdpOutcome | undefined> => {
    const socket = await sockets.take(request.server);
    let isClean = false;
    try {
      if (isOver) return undefined;
      const quiet = converse(socket, request, end);
      const outcome = await promise;
      isClean = typeof outcome === 'object' && quiet();
      return outcome;
    } finally {
      sockets.giveBack(socket, isClean);
    }
  };
  return { outcome: run(), end };
}

function withItsCookie({ cookie }: Query, reading: Reading): Reading | 'cookie-lost' {
  if (!cookie || typeof reading !== 'object') return reading;
  return keepsCookie(cookie, reading.message.edns) ? reading : 'cookie-lost';
}

/** Sends the query and listens. Gives whether nothing but the answer has come. */
function converse(
  socket: QuerySocket,
  { query, nearMissLimit, onMismatch, onUnreachable, wire }: UdpRequest,
  end: (outcome: UdpOutcome) => void,
): () => boolean {
  let nearMisses = 0;
  let junk = 0;
  let isTroubled = false;
  const take = (octets: Uint8Array): void => {
    // Reading gives the name its own case back.
    const came = wire && octets.slice();
    const reading = withItsCookie(query, readAnswer(query, octets));
    const isSaid = typeof reading === 'object' || reading === 'truncated';
    if (came && isSaid) wire.received(came);
    if (!isSaid) onMismatch();
    if (reading === 'junk') junk += 1;
    else if (!isSaid) nearMisses += 1;
    if (isSaid) end(reading);
    else if (nearMisses >= nearMissLimit) end(reading === 'junk' ? 'near-miss' : reading);
    else if (junk >= junkLimit) end('near-miss');
  };
  socket.listen(take, () => {
    isTroubled = true;
    onUnreachable();
  });
  wire?.sent(query.octets, socket.port);
  socket.send(query.octets);
  return () => !isTroubled && junk + nearMisses === 0;
}
