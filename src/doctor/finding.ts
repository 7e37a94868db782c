/** A finding: one judgement about one thing, and what to do about it. */

/**
 * - `pass`: as it should be;
 * - `warn`: works, but worse or less safely than it could;
 * - `fail`: this host cannot be a PoP, or harms the others, until it is remedied;
 * - `skip`: not looked at, and `said` is the reason.
 */
export type FindingVerdict = 'pass' | 'warn' | 'fail' | 'skip';

/** What an operator does next: a command to run as it stands, or a sentence. */
export type Remedy = { readonly run: string } | { readonly advice: string };

export interface Finding {
  readonly verdict: FindingVerdict;
  /** What it is about, in a word or two. */
  readonly about: string;
  /** What was seen, and what follows from it. */
  readonly said: string;
  readonly remedies: readonly Remedy[];
}

export function pass(about: string, said: string): Finding {
  return { verdict: 'pass', about, said, remedies: [] };
}

export function warn(about: string, said: string, ...remedies: readonly Remedy[]): Finding {
  return { verdict: 'warn', about, said, remedies };
}

export function fail(about: string, said: string, ...remedies: readonly Remedy[]): Finding {
  return { verdict: 'fail', about, said, remedies };
}

export function skip(about: string, why: string, ...remedies: readonly Remedy[]): Finding {
  return { verdict: 'skip', about, said: why, remedies };
}
