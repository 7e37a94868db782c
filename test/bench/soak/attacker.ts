/** Somebody who means no good: what an attacker is, and how it is counted. */

export interface Tally {
  /** Messages, or connections where the attack is made of those. */
  sent: number;
  /** Replies that came back, whatever they said. */
  answered: number;
}

export interface Attacker {
  readonly name: string;
  /** Goes on until the signal aborts; counts in `tally`; closes what it opened. */
  attack(tally: Tally, signal: AbortSignal): Promise<void>;
}
