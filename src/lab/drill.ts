/**
 * The contract of a drill: a fault from outside, and the claims that must hold while it lasts and after it.
 *
 * The runner calls `prepare` and `inject` once when every client is being answered, and `heal` once when the fault has been
 * looked at; `heal` is called even when something went wrong in between, and must undo what the others got done. Faults come from
 * outside the product: signals, firewall rules, a broken program in its place; never from a switch inside it. `claims` is
 * pure: it reads the outcome and says what held. What many drills claim is in `claims.ts`, what many do in `faults/`.
 *
 * A fault may take steps: `inject` returns after the last of them, and marks those that a claim measures from. It lasts
 * until `isSeen`, which the runner asks every 50 ms; without one, until every client of the PoP is answered elsewhere.
 */
import type { AnycastConfig, PopConfig } from '../config/anycast-config.ts';
import type { IpAddress } from '../ip/address.ts';
import type { Lab } from './lab-runtime.ts';
import type { AgentEvent } from './measuring/agent-log.ts';
import type { RouteChanges } from './measuring/neighbour-watch.ts';
import type { Catchment, Losses } from './prober/analysis.ts';

export interface Drill {
  readonly name: string;
  /** One line for `anycast drill --list`, which fits into 80 columns. */
  readonly summary: string;
  /** Whether the fault happens at every PoP; else it happens at the stage's PoP alone. */
  readonly everywhere?: boolean;
  /** What a PoP must have for it; absent: it can be played at any. */
  readonly needs?: {
    /** Completes "it needs ...". */
    readonly what: string;
    has(pop: PopConfig, config: AnycastConfig): boolean;
  };
  /** Brings what the fault needs, without doing harm yet; its time does not count. */
  prepare?(stage: Stage): Promise<void>;
  inject(stage: Stage): Promise<void>;
  isSeen?(look: Look): boolean;
  heal(stage: Stage): Promise<void>;
  claims(outcome: Outcome, config: AnycastConfig): readonly Claim[];
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
  /** The same at any PoP, whatever comes of it; the outcome tells the claims. */
  command(pop: string, ...args: readonly string[]): Promise<CommandOutcome>;
  pause(ms: number): Promise<void>;
  /** Notes this moment for the claims, as `outcome.marks[name]`. */
  mark(name: string): void;
  /** Whether a neighbour forwards a service address to the PoP, as its kernel was last seen. */
  isForwardedTo(pop: string): boolean;
  /** Keeps something that `heal` has to undo, e.g. a program in the resolver's place. */
  readonly props: Map<string, AsyncDisposable>;
}

/** What is seen while a fault lasts. A client is served steadily when its last fifty queries were answered well. */
export interface Look {
  readonly config: AnycastConfig;
  /** Since the fault began. */
  readonly elapsedMs: number;
  /** Every client of the PoP is served steadily by another one. */
  allMoved(): boolean;
  /** Every client is served steadily by the PoP of before the fault. */
  allHome(): boolean;
  /** Every client is served steadily by any PoP. */
  allServed(): boolean;
  isForwardedTo(pop: string): boolean;
}

/** A command of the kit that the drill ran. */
export interface CommandOutcome {
  readonly pop: string;
  readonly command: string;
  readonly exitCode: number;
  /** What it complained of, or else printed. */
  readonly said: string;
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

/** What was measured from the fault to the return of normal service. Milliseconds count from the fault unless told. */
export interface Outcome {
  readonly pop: string;
  readonly probes: Losses & { readonly sent: number; readonly answered: number };
  /** What each client lost in each family, by `client/v4`. */
  readonly losses: Readonly<Record<string, Losses>>;
  /** Queries lost after the heal: the way back must cost nothing. */
  readonly lostOnReturn: number;
  /** The longest gap of any client and family, over the whole drill. */
  readonly longestGapMs: number;
  readonly spans: Spans;
  readonly catchment: { readonly before: Catchment; readonly after: Catchment; readonly restored: Catchment };
  readonly healedMs: number;
  /** Milliseconds from the heal until every client was back where it had been; null when one did not return. */
  readonly returnedMs: number | null;
  /** Other PoPs that stopped announcing during the drill. */
  readonly othersWithdrew: readonly string[];
  /** What the neighbours of each PoP made of its routes. */
  readonly routes: Readonly<Record<string, RouteChanges>>;
  /** What each PoP's agent wrote down since the fault. An agent that was killed takes what it knew with it. */
  readonly events: Readonly<Record<string, readonly DatedEvent[]>>;
  readonly commands: readonly CommandOutcome[];
  /** The moments that the drill marked. */
  readonly marks: Readonly<Record<string, number>>;
}

export type DatedEvent = AgentEvent & {
  readonly afterMs: number;
};
