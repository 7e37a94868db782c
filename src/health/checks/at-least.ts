/**
 * So many members must be healthy: `atLeast` two of three back ends.
 *
 * The trap: members that cannot be asked. They count neither way, so while the healthy ones are too few and the unknown
 * ones could make up for it, the verdict is unknown, and the state stays as it is.
 */
import { z } from 'zod';
import { defineComposite, type KnownChecks, membersKey } from '../composite.ts';
import type { HealthCheck } from '../health-check.ts';

const optionsOf = (known: KnownChecks) =>
  z.strictObject({ need: z.number().int().min(1), of: membersKey(known) }).superRefine((own, context) => {
    const members = Object.keys(own.of).length;
    if (own.need <= members) return;
    const message = `${own.need} of ${members} members can never be healthy`;
    context.addIssue({ code: 'custom', path: ['need'], message });
  });

export type AtLeastCheckOptions = z.output<ReturnType<typeof optionsOf>>;

export function atLeastCheck(known: KnownChecks): HealthCheck<AtLeastCheckOptions> {
  return defineComposite({ kind: 'atLeast', options: optionsOf(known), known, need: ({ need }) => need });
}
