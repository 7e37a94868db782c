/** Looks for every program that a lab runs before anything of it is started. */
import { Fault } from '../../system/fault.ts';
import { programPath } from '../../system/program-path.ts';
import type { LabPlan } from '../plan.ts';
import { searchPath } from './paths.ts';

/** What sandbox and supervisor run themselves, whatever is in the plan. */
const ownPrograms = ['unshare', 'nsenter', 'setpriv', 'sh', 'mount', 'ip', 'sysctl', 'dig'];

/** @throws Fault `environment` that names every one that is missing. */
export async function assertPrograms({ nodes }: Pick<LabPlan, 'nodes'>, path = searchPath()): Promise<void> {
  const planned = nodes.flatMap(({ prepare, processes }) => [
    ...prepare.map(([program]) => program),
    ...processes.flatMap(({ argv: [program], children }) => [program, ...children]),
  ]);
  const programs = [...new Set([...ownPrograms, ...planned])];
  const found = await Promise.all(programs.map(program => programPath(program, path)));
  const missing = programs.filter((_, index) => found[index] === undefined);
  if (missing.length === 0) return;
  throw new Fault('environment', `the lab needs programs that are not installed: ${missing.join(', ')}`, {
    hint: 'run ./anycast setup: it names their packages and installs them where it may',
  });
}
