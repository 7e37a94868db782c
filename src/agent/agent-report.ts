/** What the agent says of itself over its control socket and on `/status`: plain JSON values. */

import { attributesText } from '../routing/announcement.ts';
import type { Session } from '../routing/route-driver.ts';
import type { Belief } from './announcer.ts';
import type { CheckStatus } from './check-watch.ts';
import type { DampingReport } from './damper.ts';
import type { Decision, ReasonKind, TraceStep } from './decide.ts';
import { sentenceOf } from './decision-text.ts';
import type { DrainPhase } from './drain.ts';
import type { RecordedEvent } from './event-log.ts';
import type { Intent } from './intent.ts';
import type { LeaseReport } from './lease/lease-keeper.ts';
import type { Selection } from './looking-glass.ts';
import type { Standing } from './peers/peer-report.ts';
import type { PeerView } from './peers/peer-watch.ts';
import { isNoDifference } from './route-difference.ts';

export interface AgentReport {
  readonly pop: string;
  readonly pid: number;
  readonly driver: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly intent: Intent;
  /** The last drain step taken; absent unless draining or drained. */
  readonly drain?: DrainPhase;
  readonly decision: DecisionReport;
  /** What other PoPs may count on. */
  readonly standing: Standing;
  readonly observation: ObservationReport;
  readonly checks: readonly CheckReport[];
  readonly damping: DampingReport;
  readonly lease: LeaseReport;
  /** The other PoPs as last seen. */
  readonly peers: readonly PeerView[];
  /** By neighbour: whether its best path leads here; only of those that have a looking glass. */
  readonly selections: Readonly<Record<string, Selection>>;
}

export interface DecisionReport {
  readonly kind: ReasonKind;
  /** For a person, e.g. `withdrawn: liveness: resolver process gone`. */
  readonly reason: string;
  /** The prefixes that shall be announced. */
  readonly announced: readonly string[];
}

/** What the router was last seen to do. */
export interface ObservationReport {
  readonly known: boolean;
  /** Why it is not known. */
  readonly detail?: string;
  /** How old it is. */
  readonly ageMs?: number;
  /** Whether it is as decided. */
  readonly asDecided?: boolean;
  readonly exported: readonly {
    readonly prefix: string;
    readonly neighbours: readonly string[];
    /** What else the route says, for a person; empty when nothing. */
    readonly attributes: string;
  }[];
  readonly sessions: readonly Session[];
}

export type CheckReport = Omit<CheckStatus, 'sinceMs' | 'isFailing'> & {
  /** When the state was entered, ISO 8601. */
  readonly since: string;
};

export interface Explanation extends Omit<AgentReport, 'pid' | 'driver' | 'startedAt'> {
  /** The rules of the decision in their order, and which of them applies. */
  readonly trace: readonly TraceStep[];
  /** Oldest first. */
  readonly events: readonly RecordedEvent[];
}

export function decisionReport(decision: Decision): DecisionReport {
  return {
    kind: decision.reason.kind,
    reason: sentenceOf(decision),
    announced: decision.announcements.map(({ prefix }) => prefix.text),
  };
}

export function observationReport(belief: Belief, nowMs: number): ObservationReport {
  if (!belief.known) return { known: false, detail: belief.reason, exported: [], sessions: [] };
  const { exported, sessions } = belief.observation;
  return {
    known: true,
    ageMs: Math.round(nowMs - belief.atMonotonicMs),
    ...(belief.difference && { asDecided: isNoDifference(belief.difference) }),
    exported: [...exported].sort().map(([prefix, routes]) => ({
      prefix,
      neighbours: routes.map(({ neighbour }) => neighbour),
      attributes: [...new Set(routes.map(attributesText))].filter(text => text !== '').join('; '),
    })),
    sessions,
  };
}

export function checkReport({ sinceMs, isFailing: _, ...status }: CheckStatus): CheckReport {
  return { ...status, since: new Date(sinceMs).toISOString() };
}
