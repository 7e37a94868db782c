/**
 * One healthy member suffices: `any` of several ways to the same thing.
 *
 * The trap: a member that is always healthy, such as a port that anything may listen on, makes the rest worthless.
 */
import { z } from 'zod';
import { defineComposite, type KnownChecks, membersKey } from '../composite.ts';
import type { HealthCheck } from '../health-check.ts';

const optionsOf = (known: KnownChecks) => z.strictObject({ of: membersKey(known) });

export type AnyCheckOptions = z.output<ReturnType<typeof optionsOf>>;

export function anyCheck(known: KnownChecks): HealthCheck<AnyCheckOptions> {
  return defineComposite({ kind: 'any', options: optionsOf(known), known, need: () => 1 });
}
