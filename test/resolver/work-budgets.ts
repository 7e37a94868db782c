/** Budgets for tests that are not about them. */
import { WorkBudget, type WorkLimits } from '../../src/resolver/work-budget.ts';
import { systemClock } from '../../src/system/clock.ts';

export const testLimits: WorkLimits = { packets: 100, bytes: 262_144, nameBytes: 524_288, timeMs: 4000 };

export function testBudget(limits: Partial<WorkLimits> = {}, clock = systemClock): WorkBudget {
  return new WorkBudget({ ...testLimits, ...limits }, clock);
}
