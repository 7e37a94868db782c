/**
 * Flap damping at the origin, after RFC 2439: each fault that takes something from the routes counts 1, and half as much
 * after each half-life. Pure.
 *
 * A PoP that is well again waits before it returns: `hold` after the first flap, twice as long after each further one that
 * still counts. From `suppress` flaps on it waits until less than `reuse` is left of them; never longer than `maximum`.
 * The waiting begins anew when it is not well in between.
 */
import type { DampingConfig } from '../config/anycast-config.ts';

export type DampingRules = Exclude<DampingConfig, 'off'>;

export interface Damping {
  /** Flaps, as they counted at `atMs`. */
  readonly penalty: number;
  readonly atMs: number;
  /** Whether the penalty has reached `suppress` and not yet fallen below `reuse`, as of `atMs`. */
  readonly suppressed: boolean;
}

export const undamped: Damping = { penalty: 0, atMs: 0, suppressed: false };

export function penaltyAt({ penalty, atMs }: Damping, nowMs: number, { halfLife }: DampingRules): number {
  return penalty * 2 ** (-(nowMs - atMs) / halfLife);
}

/** One flap more. */
export function flap(before: Damping, nowMs: number, rules: DampingRules): Damping {
  const left = penaltyAt(before, nowMs, rules);
  const penalty = Math.min(left + 1, ceiling(rules));
  const suppressed = penalty >= rules.suppress || (before.suppressed && left >= rules.reuse);
  return { penalty, atMs: nowMs, suppressed };
}

/** When the routes may return, given since when all is well: milliseconds on the clock of `atMs`. */
export function returnsAt(damping: Damping, wellSinceMs: number, rules: DampingRules): number {
  if (damping.penalty === 0) return wellSinceMs;
  const counting = Math.floor(penaltyAt(damping, wellSinceMs, rules));
  const hold = rules.hold * 2 ** Math.max(0, counting - 1);
  const calm = wellSinceMs + Math.min(hold, rules.maximum);
  return Math.max(calm, suppressedUntil(damping, rules) ?? calm);
}

/** When the suppression ends, if there is one. */
export function suppressedUntil(
  { penalty, atMs, suppressed }: Damping,
  rules: DampingRules,
): number | undefined {
  if (!suppressed) return undefined;
  return atMs + Math.max(0, rules.halfLife * Math.log2(penalty / rules.reuse));
}

/** More than this would take longer than `maximum` to fall below `reuse` (RFC 2439 section 4.2). */
function ceiling({ reuse, maximum, halfLife }: DampingRules): number {
  return reuse * 2 ** (maximum / halfLife);
}
