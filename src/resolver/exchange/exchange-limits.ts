/** How much of asking authoritative servers may be under way at once. */

export interface ExchangeLimits {
  /** Questions to servers under way at once; each holds a socket. */
  readonly attempts: number;
  /** Less, so that one slow server cannot take the place of the others. */
  readonly attemptsPerServer: number;
  /** Questions in one zone, so that a flood of random names does not reach its servers (as BIND's fetches-per-zone). */
  readonly questionsPerZone: number;
  readonly joinersPerQuestion: number;
  readonly attemptsPerQuestion: number;
}

/** As the forwarder's, for the same reasons: a question that nobody answers lives for 4 s and has two attempts under way. */
export const exchangeLimits: ExchangeLimits = {
  attempts: 8000,
  attemptsPerServer: 2000,
  questionsPerZone: 2000,
  joinersPerQuestion: 1000,
  attemptsPerQuestion: 8,
};
