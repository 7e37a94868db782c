/** What asking authoritative servers counts: plain numbers, bumped in place. */

/** Why a question was not asked: too much was under way in all, to one server, in one zone, or too many waited for it. */
export const shedReasons = ['attempts', 'server', 'zone', 'joiners'] as const;
export type ShedReason = (typeof shedReasons)[number];

export interface ExchangeCounters {
  /** Messages sent. */
  readonly sent: { udp: number; tcp: number };
  /** Messages accepted as the answer to what was sent. */
  answered: number;
  /** Servers that kept silent for their time. */
  timeouts: number;
  /** Servers that could not be asked: no route, connection refused, no socket. */
  unreachable: number;
  /** Octets that were not the answer; the wait went on. */
  mismatched: number;
  /** Questions moved to TCP because somebody may have been guessing. */
  nearMisses: number;
  /** Answers from servers that do not serve the zone. */
  lame: number;
  /** Answers that brought the server's cookie and ours. */
  cookiesKept: number;
  /** Answers over UDP without the cookie that their server would have sent: they were not believed. */
  cookiesLost: number;
  /** Servers' word that they want another cookie. */
  badCookies: number;
  /** Questions asked again without EDNS. */
  ednsFallbacks: number;
  /** Questions moved to TCP, for whatever reason. */
  tcpFallbacks: number;
  /** Servers found not to keep the case of the name. */
  caseLost: number;
  /** Questions sent to servers that are down, to see if they are back. */
  probes: number;
  /** Questions that joined one under way. */
  coalesced: number;
  readonly shed: Record<ShedReason, number>;
  /** Addresses passed over because nobody may be asked there. */
  refusedAddresses: number;
}

export function createExchangeCounters(): ExchangeCounters {
  return {
    sent: { udp: 0, tcp: 0 },
    answered: 0,
    timeouts: 0,
    unreachable: 0,
    mismatched: 0,
    nearMisses: 0,
    lame: 0,
    cookiesKept: 0,
    cookiesLost: 0,
    badCookies: 0,
    ednsFallbacks: 0,
    tcpFallbacks: 0,
    caseLost: 0,
    probes: 0,
    coalesced: 0,
    shed: { attempts: 0, server: 0, zone: 0, joiners: 0 },
    refusedAddresses: 0,
  };
}
