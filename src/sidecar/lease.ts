/**
 * The agent's lease as a state machine: who holds it, until when, and what is done when nobody does. Pure.
 *
 *   unclaimed --renew--> held --renew--> held
 *                        held --its time is over--> taken     the agent was killed or frozen
 *                        held --release--> taken or held      the agent ends in good order
 *                        taken --renew--> held                the agent is back, and hears that it had lapsed
 *
 * Each time the lease is taken a new term begins. An agent says with each renewal which term it has heard of, and hears
 * of a lapse until it has: an answer that is lost, or that reaches an agent which is just being frozen, is given again.
 * An agent that knows no term inherits what its predecessor had heard.
 *
 * Before the first renewal nothing is announced, so there is nothing to lose. While one living agent holds the lease no
 * other gets it.
 */

/** What is done with the host routes when the agent is lost: `onAgentLoss` of anycast.yaml. */
export type AgentLoss = 'withdraw' | 'hold';

export interface LeaseTerms {
  readonly durationMs: number;
  readonly onAgentLoss: AgentLoss;
}

export type LeaseState =
  | { readonly kind: 'unclaimed' }
  | {
      readonly kind: 'held';
      /** Which agent: one life of one process. */
      readonly agent: string;
      readonly sinceMs: number;
      readonly untilMs: number;
      /** Whether its connection has closed. It may be on its way back, so the lease runs on. */
      readonly isGone: boolean;
    }
  | {
      readonly kind: 'taken';
      readonly cause: 'ran-out' | 'released';
      readonly routes: AgentLoss;
      readonly sinceMs: number;
    };

export interface Lease {
  readonly state: LeaseState;
  /** How many times it was taken. */
  readonly term: number;
  /** The last term that the agents are known to have heard of. */
  readonly heardTerm: number;
  /** The last term that began with a withdrawal. */
  readonly withdrawnTerm: number;
}

export type LeaseEvent =
  | { readonly kind: 'renew'; readonly agent: string; readonly knownTerm?: number }
  /** The agent ends: `withdraw` when nothing of it shall stay, `keep` when its routes may until the lease runs out. */
  | { readonly kind: 'release'; readonly agent: string; readonly routes: 'withdraw' | 'keep' }
  /** The agent's connection has closed. */
  | { readonly kind: 'closed'; readonly agent: string }
  /** Nothing happened, but time went by. */
  | { readonly kind: 'time' };

export type LeaseOutcome =
  | { readonly kind: 'none' }
  /** With a lapse: what was done to the routes since the agent last heard. */
  | { readonly kind: 'renewed'; readonly lapsed: AgentLoss | undefined }
  /** Another agent, which is alive, holds the lease. */
  | { readonly kind: 'refused'; readonly holder: string }
  /** The routes are the sidecar's now, to be withdrawn or left. */
  | { readonly kind: 'taken'; readonly routes: AgentLoss };

export interface LeaseStep {
  readonly lease: Lease;
  readonly outcome: LeaseOutcome;
}

export const unclaimedLease: Lease = {
  state: { kind: 'unclaimed' },
  term: 0,
  heardTerm: 0,
  withdrawnTerm: 0,
};

export interface LeaseMoment {
  readonly nowMs: number;
  readonly terms: LeaseTerms;
}

export function step(lease: Lease, event: LeaseEvent, moment: LeaseMoment): LeaseStep {
  const { state } = lease;
  switch (event.kind) {
    case 'renew':
      return renew(lease, event, moment);
    case 'release':
      if (!isHeldBy(state, event.agent)) return unchanged(lease);
      if (event.routes === 'withdraw') return take(lease, 'released', 'withdraw', moment.nowMs);
      return { lease: { ...lease, state: { ...state, isGone: true } }, outcome: { kind: 'none' } };
    case 'closed':
      if (!isHeldBy(state, event.agent)) return unchanged(lease);
      return { lease: { ...lease, state: { ...state, isGone: true } }, outcome: { kind: 'none' } };
    case 'time':
      if (state.kind !== 'held' || moment.nowMs < state.untilMs) return unchanged(lease);
      return take(lease, 'ran-out', moment.terms.onAgentLoss, moment.nowMs);
    default:
      return event satisfies never;
  }
}

/** A renewal counts although the time is over, as long as nothing was done about it. */
function renew(
  lease: Lease,
  { agent, knownTerm }: LeaseEvent & { readonly kind: 'renew' },
  { nowMs, terms }: LeaseMoment,
): LeaseStep {
  const { state, term, withdrawnTerm } = lease;
  if (state.kind === 'held' && state.agent !== agent && !state.isGone)
    return { lease, outcome: { kind: 'refused', holder: state.agent } };
  const heardTerm = knownTerm !== undefined && knownTerm <= term ? knownTerm : lease.heardTerm;
  const sinceMs = isHeldBy(state, agent) ? state.sinceMs : nowMs;
  const held = { kind: 'held', agent, sinceMs, untilMs: nowMs + terms.durationMs, isGone: false } as const;
  const done = withdrawnTerm > heardTerm ? 'withdraw' : 'hold';
  return {
    lease: { ...lease, state: held, heardTerm },
    outcome: { kind: 'renewed', lapsed: heardTerm < term ? done : undefined },
  };
}

function take(lease: Lease, cause: 'ran-out' | 'released', routes: AgentLoss, nowMs: number): LeaseStep {
  const term = lease.term + 1;
  return {
    lease: {
      ...lease,
      state: { kind: 'taken', cause, routes, sinceMs: nowMs },
      term,
      withdrawnTerm: routes === 'withdraw' ? term : lease.withdrawnTerm,
    },
    outcome: { kind: 'taken', routes },
  };
}

function isHeldBy(state: LeaseState, agent: string): state is LeaseState & { readonly kind: 'held' } {
  return state.kind === 'held' && state.agent === agent;
}

function unchanged(lease: Lease): LeaseStep {
  return { lease, outcome: { kind: 'none' } };
}
