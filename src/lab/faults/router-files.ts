/** A PoP's BIRD configuration that BIRD no longer accepts: an include of a file that is not there. */
import { Fault } from '../../system/fault.ts';
import type { Stage } from '../drill.ts';

/** Keeps the good file beside the broken one, once. */
const breakScript = 'cp -np "$1" "$1.good" && echo \'include "no-such-file.conf";\' >> "$1"';
const mendScript = '[ ! -e "$1.good" ] || mv "$1.good" "$1"';

export async function breakNeighbours(stage: Stage): Promise<void> {
  await inPop(stage, breakScript);
}

export async function mendNeighbours(stage: Stage): Promise<void> {
  await inPop(stage, mendScript);
}

async function inPop({ lab, pop, signal }: Stage, script: string): Promise<void> {
  const directory = lab.plan.nodes.find(({ name }) => name === pop)?.runDirectory;
  const path = `${directory}/bird/neighbours.conf`;
  const { exitCode, stderr } = await lab.exec(pop, ['sh', '-c', script, 'sh', path], { signal });
  if (exitCode !== 0) throw new Fault('environment', `${path} at ${pop}: ${stderr.trim()}`);
}
