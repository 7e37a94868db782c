/**
 * The contract of a drill: a fault from outside, and the claims that must hold while it lasts and after it.
 *
 * The runner calls `prepare` and `inject` once when every client is being answered, and `heal` once when the fault has been
 * looked at; `heal` is called even when something went wrong in between, and must undo what the others got done. Faults come from
 * outside the product: signals, firewall rules, a broken program in its place; never from a switch inside it. `claims` is
 * pure: it reads the outcome and says what held.
 */
import type { AnycastConfig } from '../config/anycast-config.ts';
import type { IpAddress } from '../ip/address.ts';
import type { Lab } from './lab-runtime.ts';
import type { Catchment } from './prober/analysis.ts';

export interface Drill {
  readonly name: string;
  /** One line for `anycast drill --list`. */
  readonly summary: string;
  /** Brings what the fault needs, without doing harm yet; its time does not count. */
  prepare?(stage: Stage): Promise<void>;
  inject(stage: Stage): Promise<void>;
  heal(stage: Stage): Promise<void>;
  claims(outcome: Outcome): readonly Claim[];
}

export function defineDrill(drill: Drill): Drill {
  return drill;
}

/** Where a drill is played. */
export interface Stage {
  readonly lab: Lab;
  readonly config: AnycastConfig;
  /** The PoP that the fault happens to. */
  readonly pop: string;
  readonly serviceAddresses: readonly IpAddress[];
  readonly signal: AbortSignal;
  /** Runs the kit's own command line inside the PoP's node. @throws Fault `refused` when it exits other than 0. */
  kit(...args: readonly string[]): Promise<string>;
  /** Keeps something that `heal` has to undo, e.g. a program in the resolver's place. */
  readonly props: Map<string, AsyncDisposable>;
}

export interface Claim {
  readonly claim: string;
  readonly ok: boolean;
  /** What was seen, for a person to read. */
  readonly observed: string;
}

/** Milliseconds after the fault; null where it was not seen. */
export interface Spans {
  /** The agent's first transition. */
  readonly detectedMs: number | null;
  /** The PoP's own router no longer exports any service route. */
  readonly withdrawnMs: number | null;
  /** The neighbour's kernel no longer forwards to the PoP, in any family. */
  readonly neighbourMs: number | null;
  /** A client of the PoP got its first answer from another PoP. */
  readonly firstAnswerElsewhereMs: number | null;
}

/** What was measured from the fault to the return of normal service. */
export interface Outcome {
  readonly pop: string;
  readonly probes: { readonly sent: number; readonly answered: number; readonly lost: number };
  /** Queries lost after the heal: the way back must cost nothing. */
  readonly lostOnReturn: number;
  /** The longest gap of any client and family, over the whole drill. */
  readonly longestGapMs: number;
  readonly spans: Spans;
  readonly catchment: { readonly before: Catchment; readonly after: Catchment; readonly restored: Catchment };
  /** Milliseconds from the heal until every client was back where it had been; null when one did not return. */
  readonly returnedMs: number | null;
  /** Other PoPs that stopped announcing during the drill: the fault was none of theirs. */
  readonly othersWithdrew: readonly string[];
}

/** The claims that every drill makes of its outcome, beside its own. */
export function commonClaims(outcome: Outcome): Claim[] {
  const stuck = Object.entries(outcome.catchment.after).filter(([, { v4, v6 }]) =>
    [v4, v6].some(entry => entry && (entry.pop === null || entry.pop === outcome.pop)),
  );
  return [
    {
      claim: `every client of ${outcome.pop} is answered by another PoP`,
      ok: stuck.length === 0,
      observed: stuck.length === 0 ? 'all moved' : `not moved: ${stuck.map(([client]) => client).join(', ')}`,
    },
    {
      claim: `every client of ${outcome.pop} returns when the fault is healed`,
      ok: outcome.returnedMs !== null,
      observed:
        outcome.returnedMs === null ? 'did not return in time' : `after ${outcome.returnedMs.toFixed(0)} ms`,
    },
    {
      claim: 'no query is lost on the way back',
      ok: outcome.lostOnReturn === 0,
      observed: `${outcome.lostOnReturn} lost`,
    },
    {
      claim: 'no other PoP withdraws',
      ok: outcome.othersWithdrew.length === 0,
      observed: outcome.othersWithdrew.length === 0 ? 'none did' : outcome.othersWithdrew.join(', '),
    },
  ];
}

/** The claim that no client went longer than `boundMs` without a good answer. */
export function gapWithin(boundMs: number, outcome: Outcome): Claim {
  return {
    claim: `no client waits longer than ${boundMs} ms`,
    ok: outcome.longestGapMs <= boundMs,
    observed: `longest gap ${outcome.longestGapMs.toFixed(1)} ms`,
  };
}
