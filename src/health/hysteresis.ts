/**
 * What verdicts in a row make of a check's state: pending, up or down. Pure.
 *
 * `rise` healthy verdicts in a row bring it up, `fall` unhealthy ones bring it down; a verdict that agrees with the state
 * starts the count again. `immediate` overrides `fall`. An unknown verdict moves nothing: it neither counts nor
 * interrupts a row. Every check starts pending, which is left like any other state.
 */
import type { Verdict } from './health-check.ts';

export type CheckState = 'pending' | 'up' | 'down';

export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

export interface Hysteresis {
  readonly state: CheckState;
  /** The row of equal verdicts that speaks against `state`. */
  readonly row: { readonly kind: 'healthy' | 'unhealthy'; readonly length: number } | undefined;
}

export const pendingHysteresis: Hysteresis = { state: 'pending', row: undefined };

export function step(before: Hysteresis, verdict: Verdict, { rise, fall }: Thresholds): Hysteresis {
  if (verdict.kind === 'unknown') return before;
  const speaksFor = verdict.kind === 'healthy' ? 'up' : 'down';
  if (before.state === speaksFor) return before.row ? { state: before.state, row: undefined } : before;
  const length = before.row?.kind === verdict.kind ? before.row.length + 1 : 1;
  const enough = verdict.kind === 'healthy' ? length >= rise : length >= fall || verdict.immediate === true;
  return enough
    ? { state: speaksFor, row: undefined }
    : { state: before.state, row: { kind: verdict.kind, length } };
}

/** Whether the next verdict is worth asking for soon: a row is under way, or nothing is known yet. */
export function isChanging({ state, row }: Hysteresis): boolean {
  return state === 'pending' || row !== undefined;
}
