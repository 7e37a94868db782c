/**
 * Every member must be healthy: `all` of what a client needs.
 *
 * The trap: one flapping member makes the whole flap. Members that fail for different reasons are better two checks, each
 * with a class and thresholds of its own.
 */
import { z } from 'zod';
import { defineComposite, type KnownChecks, membersKey } from '../composite.ts';
import type { HealthCheck } from '../health-check.ts';

const optionsOf = (known: KnownChecks) => z.strictObject({ of: membersKey(known) });

export type AllCheckOptions = z.output<ReturnType<typeof optionsOf>>;

export function allCheck(known: KnownChecks): HealthCheck<AllCheckOptions> {
  return defineComposite({
    kind: 'all',
    options: optionsOf(known),
    known,
    need: ({ of }) => Object.keys(of).length,
  });
}
