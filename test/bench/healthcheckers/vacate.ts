/** Taking the kit's agent and router out of a PoP in good order, and putting them back. The resolver stays. */

import { comesTrue } from '../../../src/lab/come-true.ts';
import { Fault } from '../../../src/system/fault.ts';
import type { Site } from './contender.ts';

/** Milliseconds for the agent to withdraw and end, and for the router after it. */
const endMs = 15_000;

/** Ends agent, sidecar and router. Disposing starts them again. */
export async function vacate(site: Site): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  try {
    // Disposed last to first: the sidecar comes before the agent.
    stack.defer(async () => await startAgain(site, 'agent'));
    await endInOrder(site, 'agent');
    stack.defer(async () => await startAgain(site, 'sidecar'));
    await endInOrder(site, 'sidecar');
    await keepAddresses(site);
    return stack;
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function endInOrder(site: Site, process: 'agent' | 'sidecar'): Promise<void> {
  const { lab, pop } = site;
  await lab.signalProcess(pop, process, 'SIGTERM');
  if (await comesTrue(endMs, site, async () => !(await isRunning(site, process)))) return;
  throw new Fault('timeout', `the ${process} of ${pop} does not end`);
}

async function isRunning({ lab, pop }: Site, process: string): Promise<boolean> {
  const { nodes } = await lab.status();
  const own = nodes.find(({ name }) => name === pop)?.processes ?? [];
  return own.some(({ name, state }) => name === process && state !== 'exited');
}

/** Also after an abort, and when the process never ended. */
async function startAgain(site: Site, process: 'agent' | 'sidecar'): Promise<void> {
  const { lab, pop } = site;
  if (await isRunning(site, process)) return;
  await lab.startProcess(pop, process);
}

/** What an agent that ends does to the service addresses is its own affair: here they must be on `lo`. */
async function keepAddresses({ lab, config, pop, signal }: Site): Promise<void> {
  for (const { family, text } of config.service.addresses) {
    const prefix = `${text}/${family === 4 ? 32 : 128}`;
    const argv = ['ip', 'address', 'replace', prefix, 'dev', 'lo'] as const;
    const { exitCode, stderr } = await lab.exec(pop, argv, { signal });
    if (exitCode !== 0)
      throw new Fault('environment', `${prefix} cannot be put on lo of ${pop}: ${stderr.trim()}`);
  }
}
