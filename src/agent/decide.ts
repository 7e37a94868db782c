/**
 * The decision: what this PoP announces, and why. Pure; everything it depends on is in its argument.
 *
 * The rules, first match wins:
 *
 *   the agent is ending              nothing
 *   the operator drained, withdrew   nothing
 *   the service address is missing   nothing: a route to an address that is not here is a black hole
 *   a check is down                  nothing, if its class of fault withdraws (`actionOf`)
 *   a check is pending               what the router exports already, and nothing new: an agent that was restarted beside a
 *                                    healthy resolver does not withdraw a working PoP, and nothing is announced unprobed
 *   otherwise                        everything wanted
 *
 * Always: the announcements are among those wanted, and making any check worse never adds one.
 */

import type { FaultClass } from '../health/health-check.ts';
import type { CheckState } from '../health/hysteresis.ts';
import type { Announcement } from '../routing/announcement.ts';
import type { Intent } from './intent.ts';

/**
 * What a fault of each class does to the route. A shared dependency fails everywhere at once, and an overloaded PoP that
 * withdraws moves its load to the next: both keep announcing. Only what is wrong here alone withdraws.
 */
export const actionOf = {
  'local-hard': 'withdraw',
  'local-soft': 'withdraw',
  shared: 'keep',
  overload: 'keep',
} as const satisfies Record<FaultClass, 'withdraw' | 'keep'>;

export interface CheckView {
  readonly name: string;
  readonly faultClass: FaultClass;
  readonly state: CheckState;
  /** What the check last had to say. */
  readonly detail: string;
}

export interface Situation {
  /** What this PoP announces when all is well. */
  readonly wanted: readonly Announcement[];
  readonly checks: readonly CheckView[];
  readonly intent: Intent;
  readonly ending: boolean;
  /** Why the service addresses are not on `lo`, when they are not. */
  readonly addressFault?: string;
  /** Prefixes the router exports as last observed; undefined when that is unknown. */
  readonly exported: ReadonlySet<string> | undefined;
}

interface CheckComplaint {
  readonly check: string;
  readonly faultClass: FaultClass;
  readonly detail: string;
}

export type Reason =
  | { readonly kind: 'all-checks-up' }
  /** Checks are down, of classes that keep the route. */
  | { readonly kind: 'faults-tolerated'; readonly checks: readonly CheckComplaint[] }
  | { readonly kind: 'starting'; readonly waitingFor: readonly string[]; readonly kept: boolean }
  | { readonly kind: 'check-down'; readonly checks: readonly CheckComplaint[] }
  | { readonly kind: 'address-missing'; readonly detail: string }
  | { readonly kind: 'drained'; readonly since: string | undefined }
  | { readonly kind: 'withdrawn-by-operator'; readonly since: string | undefined }
  | { readonly kind: 'agent-ending' };

export type ReasonKind = Reason['kind'];

/** Every kind of reason; a metric has one series for each. */
export const reasonKinds = [
  'all-checks-up',
  'faults-tolerated',
  'starting',
  'check-down',
  'address-missing',
  'drained',
  'withdrawn-by-operator',
  'agent-ending',
] as const satisfies readonly ReasonKind[];

export interface Decision {
  readonly announcements: readonly Announcement[];
  readonly reason: Reason;
}

export function decide(situation: Situation): Decision {
  const { wanted, checks, intent, exported } = situation;
  if (situation.ending) return nothing({ kind: 'agent-ending' });
  if (intent.kind === 'drain') return nothing({ kind: 'drained', since: intent.since });
  if (intent.kind === 'withdraw') return nothing({ kind: 'withdrawn-by-operator', since: intent.since });
  if (situation.addressFault !== undefined)
    return nothing({ kind: 'address-missing', detail: situation.addressFault });
  const gating = checks.filter(check => actionOf[check.faultClass] === 'withdraw');
  const down = gating.filter(check => check.state === 'down');
  if (down.length > 0) return nothing({ kind: 'check-down', checks: down.map(complaint) });
  const pending = gating.filter(check => check.state === 'pending');
  if (pending.length > 0) {
    const announcements = wanted.filter(({ prefix }) => exported?.has(prefix.text));
    const kept = announcements.length > 0;
    return {
      announcements,
      reason: { kind: 'starting', waitingFor: pending.map(check => check.name), kept },
    };
  }
  const tolerated = checks.filter(check => check.state === 'down');
  if (tolerated.length > 0)
    return { announcements: wanted, reason: { kind: 'faults-tolerated', checks: tolerated.map(complaint) } };
  return { announcements: wanted, reason: { kind: 'all-checks-up' } };
}

/** The state of the service as the checks that gate its announcement see it. */
export function serviceStateOf(checks: readonly CheckView[]): CheckState {
  const states = checks.filter(check => actionOf[check.faultClass] === 'withdraw').map(check => check.state);
  if (states.includes('down')) return 'down';
  return states.includes('pending') ? 'pending' : 'up';
}

/** Two decisions of one key differ in wording at most. */
export function decisionKey({ announcements, reason }: Decision): string {
  const checks = 'checks' in reason ? reason.checks.map(({ check }) => check) : [];
  const waitingFor = reason.kind === 'starting' ? reason.waitingFor : [];
  return JSON.stringify([reason.kind, announcements.map(({ prefix }) => prefix.text), checks, waitingFor]);
}

/** The decision in one line for a person, e.g. `withdrawn: liveness: resolver process gone`. */
export function sentenceOf({ reason }: Decision): string {
  switch (reason.kind) {
    case 'all-checks-up':
      return 'announcing: all checks up';
    case 'faults-tolerated':
      return `announcing in spite of ${complaints(reason.checks)}`;
    case 'starting':
      return `starting: ${reason.kept ? 'announced before, kept; ' : ''}waiting for ${reason.waitingFor.join(', ')}`;
    case 'check-down':
      return `withdrawn: ${complaints(reason.checks)}`;
    case 'address-missing':
      return `withdrawn: service address missing: ${reason.detail}`;
    case 'drained':
      return `withdrawn: drained by operator${since(reason.since)}`;
    case 'withdrawn-by-operator':
      return `withdrawn: by operator${since(reason.since)}, still answering`;
    case 'agent-ending':
      return 'withdrawn: the agent is ending';
    default:
      return reason satisfies never;
  }
}

function nothing(reason: Reason): Decision {
  return { announcements: [], reason };
}

function complaint({ name, faultClass, detail }: CheckView): CheckComplaint {
  return { check: name, faultClass, detail };
}

function complaints(checks: readonly CheckComplaint[]): string {
  return checks.map(({ check, detail }) => `${check}: ${detail}`).join('; ');
}

function since(at: string | undefined): string {
  return at === undefined ? '' : ` since ${at}`;
}
