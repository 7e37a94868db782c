/** Setting up one node, the same in a namespace and in a container: the texts and arguments that its plan amounts to. */
import { mkdir, writeFile } from 'node:fs/promises';
import { Fault } from '../system/fault.ts';
import { run } from '../system/run.ts';
import type { NodePlan } from './plan.ts';

/** Milliseconds for one preparing program; the slowest, signing a small zone, takes about ten. */
const prepareTimeoutMs = 10_000;

/** `sysctl`'s arguments for the node's kernel settings. */
export function sysctlArguments(node: NodePlan): string[] {
  return Object.entries(node.sysctls).map(([key, value]) => `${key}=${value}`);
}

/** Input of `ip -batch` that gives the node's interfaces their addresses, brings them up and adds its routes. */
export function addressBatch(node: NodePlan): string {
  return lines([
    ...node.loopback.map(address => `address add ${address} dev lo`),
    'link set dev lo up',
    ...node.interfaces.flatMap(({ name, addresses }) => [
      // `nodad` again, beside the kernel setting: a kernel where `all` does not count would cost a second.
      ...addresses.map(
        address => `address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`,
      ),
      `link set dev ${name} up`,
    ]),
    ...node.routes.map(({ to, via }) => `route add ${to} via ${via}`),
  ]);
}

/** Writes the node's files into its folder. */
export async function writeNodeFiles(node: NodePlan): Promise<void> {
  await mkdir(node.runDirectory, { recursive: true });
  await Promise.all(node.files.map(({ path, text }) => writeFile(path, text)));
}

/**
 * Runs the node's preparing programs, one after the other.
 * @throws Fault `environment` when one is missing or says no.
 */
export async function prepareNode(node: NodePlan, signal: AbortSignal): Promise<void> {
  for (const argv of node.prepare) {
    const result = await run(argv, { signal, timeoutMs: prepareTimeoutMs, cwd: node.runDirectory });
    if (result.exitCode !== 0)
      throw new Fault(
        'environment',
        `${node.name}: ${argv[0]} exited ${result.exitCode}: ${result.stderr.trim()}`,
        {
          hint: 'the lab needs bird2, nsd and ldnsutils of Debian 12 or later: ./anycast setup installs them',
        },
      );
  }
}

export function lines(texts: readonly string[]): string {
  return texts.map(text => `${text}\n`).join('');
}
