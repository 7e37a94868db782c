/**
 * The decision: what this PoP announces, and why. Pure; everything it depends on is in its argument.
 *
 * It is a list of rules, and the first that applies decides; `trace` shows them all, which is what `anycast explain`
 * prints. Each fault has an effect on the routes (`effectOf`): a local-hard one withdraws always, the others do what the
 * configuration says (`faults`), a shared one only when other PoPs were seen to be free of it, or nobody hears this one.
 *
 * What always holds:
 * - The announcements are among those wanted. Making any check worse never adds one.
 * - A prefix that does not stand yet is added only when every local check is up: tolerated faults, the floor and a restart of
 *   the agent keep what is there and bring nothing new.
 * - A soft fault withdraws only with the floor's leave (`peers/floor.ts`); a hard one asks nobody.
 */
import type { FaultAction, FaultActions } from '../config/anycast-config.ts';
import type { FaultClass } from '../health/health-check.ts';
import type { CheckState } from '../health/hysteresis.ts';
import { type Announcement, type RouteAttributes, withAttributes } from '../routing/announcement.ts';
import type { Intent } from './intent.ts';

/** Where a fault of something shared is: at this PoP alone, at every PoP that could be asked, or nobody knows. */
export type Place = 'here' | 'everywhere' | 'unknown';

/** The place; or, of a fault that nobody can place, that no neighbour hears this PoP (`peers/isolation.ts`). */
export type Attribution = Place | 'isolated';

/** Whether enough other PoPs announce, and will stay, for this one to leave for a soft fault. */
export type FloorAnswer = 'granted' | 'refused' | 'asking';

export interface CheckView {
  readonly name: string;
  readonly faultClass: FaultClass;
  readonly state: CheckState;
  /** What the check last had to say. */
  readonly detail: string;
  /** Of a shared check that is down; absent while nobody was asked. */
  readonly attribution?: Attribution;
}

/** Why a PoP that is well again does not return yet. */
export interface Hold {
  /** What the fault did to the routes, and what therefore goes on. */
  readonly effect: 'withdraw' | 'degrade';
  /** Wall clock, ISO 8601. */
  readonly until: string;
  /** By flap damping, rather than by the plain hold after a fault. */
  readonly suppressed: boolean;
}

export interface Situation {
  /** What this PoP announces when all is well. */
  readonly wanted: readonly Announcement[];
  readonly checks: readonly CheckView[];
  readonly faults: FaultActions;
  readonly intent: Intent;
  readonly ending: boolean;
  /** While a drain still lets others take over before it withdraws (RFC 8326): what the routes say meanwhile. */
  readonly leaving?: RouteAttributes;
  /** Why the service addresses are not on `lo`, when they are not. */
  readonly addressFault?: string;
  /** Prefixes that stand: seen to be exported, or decided before and not seen to be gone. */
  readonly standing: ReadonlySet<string>;
  readonly floor: FloorAnswer;
  readonly hold?: Hold;
}

export interface CheckComplaint {
  readonly check: string;
  readonly faultClass: FaultClass;
  readonly detail: string;
  readonly attribution?: Attribution;
}

export type Reason =
  | { readonly kind: 'all-checks-up' }
  /** Checks are down that keep the routes. */
  | { readonly kind: 'faults-tolerated'; readonly checks: readonly CheckComplaint[] }
  /** Checks are down that give the routes other attributes. */
  | { readonly kind: 'degraded'; readonly checks: readonly CheckComplaint[] }
  | { readonly kind: 'starting'; readonly waitingFor: readonly string[]; readonly kept: boolean }
  | { readonly kind: 'check-down'; readonly checks: readonly CheckComplaint[] }
  /** Checks are down that withdraw, and too few other PoPs would be left. */
  | {
      readonly kind: 'at-floor';
      readonly checks: readonly CheckComplaint[];
      readonly floor: Exclude<FloorAnswer, 'granted'>;
    }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'address-missing'; readonly detail: string }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'drained'; readonly since: string | undefined }
  | { readonly kind: 'withdrawn-by-operator'; readonly since: string | undefined }
  | { readonly kind: 'agent-ending' };

export type ReasonKind = Reason['kind'];

/** Every kind of reason; a metric has one series for each. */
export const reasonKinds = [
  'all-checks-up',
  'faults-tolerated',
  'degraded',
  'starting',
  'check-down',
  'at-floor',
  'held',
  'address-missing',
  'leaving',
  'drained',
  'withdrawn-by-operator',
  'agent-ending',
] as const satisfies readonly ReasonKind[];

export interface Decision {
  readonly announcements: readonly Announcement[];
  readonly reason: Reason;
}

interface Rule {
  /** When it applies, for a person. */
  readonly when: string;
  /** The decision, if the rule applies. */
  decide(situation: Situation): Decision | undefined;
}

const rules: readonly Rule[] = [
  {
    when: 'a drain lets others take over first, and nothing is broken here',
    decide: situation =>
      situation.leaving && !isBroken(situation)
        ? {
            announcements: standing(situation).map(route =>
              withAttributes(route, situation.leaving ?? route),
            ),
            reason: { kind: 'leaving' },
          }
        : undefined,
  },
  {
    when: 'the agent is ending',
    decide: ({ ending }) => (ending ? nothing({ kind: 'agent-ending' }) : undefined),
  },
  {
    when: 'the operator drained this PoP',
    decide: ({ intent }) =>
      intent.kind === 'drain' ? nothing({ kind: 'drained', since: intent.since }) : undefined,
  },
  {
    when: 'the operator withdrew this PoP',
    decide: ({ intent }) =>
      intent.kind === 'withdraw'
        ? nothing({ kind: 'withdrawn-by-operator', since: intent.since })
        : undefined,
  },
  {
    // A route to an address that is not here is a black hole.
    when: 'the service address is missing',
    decide: ({ addressFault }) =>
      addressFault === undefined ? undefined : nothing({ kind: 'address-missing', detail: addressFault }),
  },
  {
    when: 'a local-hard check is down',
    decide: situation => withdrawal(withEffect(situation, 'withdraw-now')),
  },
  {
    when: 'a soft fault withdraws, and enough other PoPs stay',
    decide: situation =>
      situation.floor === 'granted' ? withdrawal(withEffect(situation, 'withdraw')) : undefined,
  },
  {
    when: 'a soft fault withdraws, and too few other PoPs are known to stay',
    decide: situation => {
      const checks = withEffect(situation, 'withdraw');
      if (checks.length === 0 || situation.floor === 'granted') return undefined;
      const reason = { kind: 'at-floor', checks: checks.map(complaint), floor: situation.floor } as const;
      return { announcements: degraded(situation), reason };
    },
  },
  {
    // An agent that was restarted beside a healthy resolver does not withdraw a working PoP.
    when: 'a local check has not said anything yet',
    decide: situation => {
      const pending = situation.checks.filter(check => isLocal(check) && check.state === 'pending');
      if (pending.length === 0) return undefined;
      const announcements = degraded(situation);
      const kept = announcements.length > 0;
      const waitingFor = pending.map(check => check.name);
      return { announcements, reason: { kind: 'starting', waitingFor, kept } };
    },
  },
  {
    when: 'all is well again, but not for long enough',
    decide: ({ hold }) => (hold?.effect === 'withdraw' ? nothing({ kind: 'held', hold }) : undefined),
  },
  {
    when: 'a fault gives the routes other attributes',
    decide: situation => {
      const checks = situation.checks.filter(check => typeof effectOf(check, situation.faults) === 'object');
      if (checks.length === 0) return undefined;
      return {
        announcements: degraded(situation),
        reason: { kind: 'degraded', checks: checks.map(complaint) },
      };
    },
  },
  {
    when: 'a fault gave the routes other attributes, and has not been gone for long enough',
    decide: situation => {
      const { hold, wanted, faults } = situation;
      if (hold?.effect !== 'degrade') return undefined;
      const worst = Object.values(faults).flatMap(action =>
        typeof action === 'object' ? [action.degrade] : [],
      );
      return {
        announcements: wanted.map(route => withAll(route, worst)),
        reason: { kind: 'held', hold },
      };
    },
  },
  {
    when: 'a fault is tolerated',
    decide: situation => {
      const checks = situation.checks.filter(check => check.state === 'down');
      if (checks.length === 0) return undefined;
      const reason = { kind: 'faults-tolerated', checks: checks.map(complaint) } as const;
      return { announcements: standing(situation), reason };
    },
  },
  {
    when: 'all checks are up',
    decide: ({ wanted }) => ({ announcements: wanted, reason: { kind: 'all-checks-up' } }),
  },
];

export function decide(situation: Situation): Decision {
  for (const rule of rules) {
    const decision = rule.decide(situation);
    if (decision) return decision;
  }
  throw new Error('the last rule always applies');
}

/** One rule of the decision, as it stands. */
export interface TraceStep {
  readonly when: string;
  /** `no`: does not apply. `decides`: the first that does. `would`: applies, and came too late. */
  readonly outcome: 'no' | 'decides' | 'would';
}

/** Every rule in its order, up to the one that would stand if nothing else were the matter. */
export function trace(situation: Situation): readonly TraceStep[] {
  let decided = false;
  return rules.map(({ when, decide: apply }) => {
    if (!apply(situation)) return { when, outcome: 'no' };
    const outcome = decided ? 'would' : 'decides';
    decided = true;
    return { when, outcome };
  });
}

/** What a check does to the routes as it stands. */
function effectOf(check: CheckView, faults: FaultActions): FaultAction | 'withdraw-now' {
  if (check.state !== 'down') return 'keep';
  switch (check.faultClass) {
    case 'local-hard':
      return 'withdraw-now';
    case 'shared':
      // A fault that all PoPs share would withdraw all of them; one that nobody could attribute might be such a one.
      return check.attribution === 'here' || check.attribution === 'isolated' ? faults.shared : 'keep';
    case 'local-soft':
    case 'overload':
      return faults[check.faultClass];
    default:
      return check.faultClass satisfies never;
  }
}

/** The checks that want this PoP out for something softer than its death: what the floor is asked about. */
export function softWithdrawals({ checks, faults }: Pick<Situation, 'checks' | 'faults'>): readonly string[] {
  return checks.filter(check => effectOf(check, faults) === 'withdraw').map(check => check.name);
}

/** The state of the service as the checks see it that nothing is announced without. */
export function serviceStateOf(checks: readonly CheckView[]): CheckState {
  const states = checks.filter(isLocal).map(check => check.state);
  if (states.includes('down')) return 'down';
  return states.includes('pending') ? 'pending' : 'up';
}

/** How much a decision takes from the routes because of a fault: 0 nothing, 1 they are degraded, 2 they are withdrawn. */
export function severityOf({ kind }: Reason): 0 | 1 | 2 {
  if (kind === 'check-down' || kind === 'address-missing') return 2;
  return kind === 'degraded' ? 1 : 0;
}

/** What is wrong at this PoP itself speaks against announcing anew; what PoPs share and how busy they are does not. */
function isLocal({ faultClass }: CheckView): boolean {
  return faultClass === 'local-hard' || faultClass === 'local-soft';
}

function isBroken(situation: Situation): boolean {
  return situation.addressFault !== undefined || withEffect(situation, 'withdraw-now').length > 0;
}

function withEffect({ checks, faults }: Situation, effect: 'withdraw' | 'withdraw-now'): CheckView[] {
  return checks.filter(check => effectOf(check, faults) === effect);
}

/** What may be announced in spite of faults: nothing that does not stand already, unless no local check objects. */
function standing({ wanted, checks, standing: stands }: Situation): readonly Announcement[] {
  if (checks.filter(isLocal).every(check => check.state === 'up')) return wanted;
  return wanted.filter(({ prefix }) => stands.has(prefix.text));
}

/** The same, with the attributes that faults give. */
function degraded(situation: Situation): readonly Announcement[] {
  const attributes = situation.checks.flatMap(check => {
    const effect = effectOf(check, situation.faults);
    return typeof effect === 'object' ? [effect.degrade] : [];
  });
  return standing(situation).map(route => withAll(route, attributes));
}

function withAll(route: Announcement, all: readonly RouteAttributes[]): Announcement {
  return all.reduce<Announcement>(withAttributes, route);
}

function withdrawal(checks: readonly CheckView[]): Decision | undefined {
  return checks.length > 0 ? nothing({ kind: 'check-down', checks: checks.map(complaint) }) : undefined;
}

function nothing(reason: Reason): Decision {
  return { announcements: [], reason };
}

function complaint({ name, faultClass, detail, attribution }: CheckView): CheckComplaint {
  return { check: name, faultClass, detail, ...(attribution && { attribution }) };
}
