/** Whether anycast.yaml loads, and says which PoP this host is. */
import type { Examination, ExaminationContext } from '../examination.ts';
import { type Finding, fail, pass, skip, warn } from '../finding.ts';

export const configurationExamination: Examination = {
  name: 'configuration',
  looksAt: 'configuration',
  needs: 'host',
  examine: async context => judgeConfiguration(context),
};

export function judgeConfiguration({
  deployment,
  slice,
}: Pick<ExaminationContext, 'deployment' | 'slice'>): readonly Finding[] {
  switch (deployment.state) {
    case 'absent':
      return [
        skip('anycast.yaml', 'no configuration: only the host itself is examined', {
          advice: 'name one with --config FILE, and the PoP with --pop NAME',
        }),
      ];
    case 'refused':
      return [
        fail('anycast.yaml', deployment.complaint, {
          advice: 'correct the file; until then only the host itself is examined',
        }),
      ];
    case 'read': {
      const known = deployment.pops.join(', ');
      const loads = pass('anycast.yaml', `loads: ${deployment.path}`);
      if (slice) return [loads, pass('PoP', `${slice.name}, of ${known}`)];
      return [
        loads,
        warn('PoP', `this host has the management address of none of ${known}`, {
          advice: 'name the PoP with --pop NAME',
        }),
      ];
    }
    default:
      return deployment satisfies never;
  }
}
