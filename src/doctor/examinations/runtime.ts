/** Node, and the programs of the operating system that the kit runs. */

import { programPath } from '../../system/program-path.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass } from '../finding.ts';

/** The first major version that runs these sources as they are (type stripping without a flag). */
const nodeMajor = 24;

/** Who needs what: the agent puts addresses on `lo` with ip, the sidecar ties the router's life to its own with setpriv. */
const programs = [
  { program: 'ip', debianPackage: 'iproute2', loss: 'the agent cannot put the service address on lo' },
  { program: 'setpriv', debianPackage: 'util-linux', loss: 'the sidecar cannot start the router' },
] as const;

export const runtimeExamination: Examination = {
  name: 'runtime',
  looksAt: 'programs',
  needs: 'host',
  async examine() {
    const found = await Promise.all(programs.map(({ program }) => programPath(program)));
    return [
      judgeNode(process.versions.node),
      ...programs.map(({ program, debianPackage, loss }, index) => {
        const path = found[index];
        if (path !== undefined) return pass(program, path);
        return fail(program, `not installed: ${loss}`, { run: `apt-get install ${debianPackage}` });
      }),
    ];
  },
};

export function judgeNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= nodeMajor) return pass('Node', version);
  return fail('Node', `${version}, and ${nodeMajor} or newer is needed`, { run: './anycast setup' });
}
