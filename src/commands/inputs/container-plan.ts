/** The plan as the lab's containers see it: paths and seed are those of `containerSettings`. */
import { containerSettings } from '../../lab/compose/settings.ts';
import { makePlan } from '../../lab/make-plan.ts';
import type { LabPlan } from '../../lab/plan.ts';
import { topologyNamed } from '../../lab/topologies.ts';
import { loadDeployment } from './deployment.ts';

export async function containerPlan(topology: string, configPath: string): Promise<LabPlan> {
  return makePlan(topologyNamed(topology), await loadDeployment(configPath), containerSettings);
}
