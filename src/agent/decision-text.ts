/** A decision in words for a person, and as a key for whoever wants to know whether it is still the same. */
import { attributesKey, attributesText } from '../routing/announcement.ts';
import type { CheckComplaint, Decision } from './decide.ts';

/** Two decisions of one key differ in wording at most. */
export function decisionKey({ announcements, reason }: Decision): string {
  const checks = 'checks' in reason ? reason.checks.map(({ check }) => check) : [];
  const more = reason.kind === 'starting' ? reason.waitingFor : reason.kind === 'held' ? reason.hold : [];
  const routes = announcements.map(route => [route.prefix.text, attributesKey(route)]);
  return JSON.stringify([reason.kind, routes, checks, more]);
}

/** The decision in one line, e.g. `withdrawn: liveness: resolver process gone`. */
export function sentenceOf(decision: Decision): string {
  const { announcements, reason } = decision;
  switch (reason.kind) {
    case 'all-checks-up':
      return 'announcing: all checks up';
    case 'faults-tolerated':
      return `${doing(decision)} in spite of ${complaints(reason.checks)}`;
    case 'degraded':
      return `degraded (${attributes(decision)}): ${complaints(reason.checks)}`;
    case 'starting':
      return `starting: ${reason.kept ? 'announced before, kept; ' : ''}waiting for ${reason.waitingFor.join(', ')}`;
    case 'check-down':
      return `withdrawn: ${complaints(reason.checks)}`;
    case 'at-floor':
      return reason.floor === 'asking'
        ? `${doing(decision)} while other PoPs are asked whether they stay: ${complaints(reason.checks)}`
        : `${doing(decision)} in spite of ${complaints(reason.checks)}: too few other PoPs are known to stay`;
    case 'held': {
      const why = reason.hold.suppressed ? 'suppressed by flap damping' : 'well again, waiting';
      return `${announcements.length === 0 ? 'withdrawn' : 'degraded'}: ${why} until ${reason.hold.until}`;
    }
    case 'address-missing':
      return `withdrawn: service address missing: ${reason.detail}`;
    case 'leaving':
      return `leaving (${attributes(decision)}): others take over before the withdrawal`;
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

/** A check's complaint may outlive what it announced: a tolerated fault brings nothing back that is gone. */
function doing({ announcements }: Decision): string {
  return announcements.length > 0 ? 'announcing' : 'announcing nothing new';
}

function attributes({ announcements }: Decision): string {
  return [...new Set(announcements.map(attributesText))].join('; ') || 'no attributes of its own';
}

function complaints(checks: readonly CheckComplaint[]): string {
  return checks
    .map(({ check, detail, attribution }) => `${check}: ${detail}${place(attribution)}`)
    .join('; ');
}

function place(attribution: CheckComplaint['attribution']): string {
  if (attribution === undefined) return '';
  return {
    here: ' (here alone)',
    everywhere: ' (everywhere)',
    unknown: ' (where, nobody knows)',
    isolated: ' (no neighbour hears this PoP)',
  }[attribution];
}

function since(at: string | undefined): string {
  return at === undefined ? '' : ` since ${at}`;
}
