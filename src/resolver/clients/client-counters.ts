/** What is counted of cookies and limits: plain numbers, bumped in place. */

/** What came in the cookie option. */
export const cookieStates = [
  'absent',
  'fresh', // the client's half alone: it knows none of ours yet
  'good',
  'bad', // not ours, too old, or of another address: as good as `fresh` (RFC 7873 section 5.2.4)
  'malformed',
] as const;
export type CookieStatus = (typeof cookieStates)[number];

export const limitOutcomes = [
  'dropped', // over the rate, no reply
  'truncated', // over the rate, told to ask over TCP
  'badCookie', // over the rate, told to ask again with the cookie in the reply
  'refused', // over the rate of clients whose address is proven
  'underWay', // answered SERVFAIL: too many questions of this client under way
  'discarded', // the answer came too late to be sent over UDP
] as const;
export type LimitOutcome = (typeof limitOutcomes)[number];

export interface ClientCounters {
  /** Queries, while cookies are on. */
  readonly cookies: Record<CookieStatus, number>;
  readonly limited: Record<LimitOutcome, number>;
  /** Times the secrets were read anew, and times they could not be. */
  readonly secrets: { loaded: number; failed: number };
}

export function createClientCounters(): ClientCounters {
  return {
    cookies: { absent: 0, fresh: 0, good: 0, bad: 0, malformed: 0 },
    limited: { dropped: 0, truncated: 0, badCookie: 0, refused: 0, underWay: 0, discarded: 0 },
    secrets: { loaded: 0, failed: 0 },
  };
}
