/** Ending and starting the processes of a PoP, so that healing is right whatever had been done. */
import { Fault } from '../../system/fault.ts';
import type { Stage } from '../drill.ts';
import type { ProcessSignal } from '../lab-runtime.ts';

/** The router that the PoP's sidecar runs, by the kernel's name for it. */
export function routerOf({ lab, pop }: Pick<Stage, 'lab' | 'pop'>): string {
  const sidecar = lab.plan.nodes
    .find(node => node.name === pop)
    ?.processes.find(({ name }) => name === 'sidecar');
  const [router] = sidecar?.children ?? [];
  if (router === undefined) throw new Fault('internal', `the plan has no router at '${pop}'`);
  return router;
}

/** Starts a process that has ended; one that runs is left as it is. */
export async function ensureStarted({ lab }: Stage, node: string, process: string): Promise<void> {
  await unless('busy', lab.startProcess(node, process));
}

/** Lets a frozen process go on; one that has ended meanwhile stays so. */
export async function thaw({ lab, pop }: Stage, process: string): Promise<void> {
  await signalIfRunning({ lab, pop }, process, 'SIGCONT');
}

/** Starts the sidecar, after the end of one that is there or just ending with its router. */
export async function restartSidecar({ lab, pop }: Stage): Promise<void> {
  await signalIfRunning({ lab, pop }, 'sidecar', 'SIGTERM');
  await lab.startProcess(pop, 'sidecar');
}

async function signalIfRunning(
  { lab, pop }: Pick<Stage, 'lab' | 'pop'>,
  process: string,
  signal: ProcessSignal,
): Promise<void> {
  await unless('refused', lab.signalProcess(pop, process, signal));
}

/** The fault of this code says that nothing was to be done. */
async function unless(code: Fault['code'], work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== code) throw error;
  }
}
