/** A handle on a running sandbox: requests go to its supervisor, programs go in through nsenter. */
import { suggestion } from '../../config/nearest.ts';
import { askControl } from '../../system/control-socket.ts';
import { Fault } from '../../system/fault.ts';
import { run } from '../../system/run.ts';
import { onTerminal, startChild } from '../child.ts';
import type { Lab, LabStatus } from '../lab-runtime.ts';
import type { LabPlan } from '../plan.ts';
import type { SandboxStatus } from '../supervisor/handlers.ts';
import { endSandbox } from './end.ts';
import { enterArgv, enterTerminalArgv } from './enter.ts';
import { type FoundSupervisor, outerPids, parentOf } from './find.ts';
import { controlSocketPath, searchPath } from './paths.ts';

/** @throws Fault `unreachable` when the supervisor does not answer. */
export async function openLab(
  { pid, name }: FoundSupervisor,
  runtime: string,
  signal: AbortSignal,
): Promise<Lab> {
  // The sandbox's /run, seen from here.
  const socketPath = `/proc/${pid}/root${controlSocketPath}`;
  const ask = async (request: string, args = {}, cancel?: AbortSignal): Promise<unknown> =>
    await askControl(socketPath, request, args, cancel);
  const plan = (await ask('plan', {}, signal)) as LabPlan;
  const assertNode = (node: string): void => {
    const names = plan.nodes.map(each => each.name);
    if (!names.includes(node))
      throw new Fault('usage', `there is no node '${node}' in the lab`, { hint: suggestion(node, names) });
  };
  return {
    name,
    runtime,
    plan,
    async exec(node, argv, options = {}) {
      assertNode(node);
      return await run(enterArgv(pid, node, argv), {
        ...options,
        env: { PATH: searchPath(), ...options.env },
      });
    },
    spawn(node, argv) {
      assertNode(node);
      return startChild(enterArgv(pid, node, argv));
    },
    async enter(node, argv, cancel) {
      assertNode(node);
      return await onTerminal(enterTerminalArgv(pid, node, argv), cancel);
    },
    async setLink(link, state) {
      await ask('set-link', { link, state });
    },
    async signalProcess(node, process, signal) {
      await ask('signal', { node, process, signal });
    },
    async startProcess(node, process) {
      await ask('start', { node, process });
    },
    async status() {
      return await outerStatus(pid, runtime, (await ask('status')) as SandboxStatus);
    },
    async down() {
      const shell = await parentOf(pid);
      const outermost = shell === undefined ? undefined : await parentOf(shell);
      if (outermost !== undefined) await endSandbox(outermost);
    },
  };
}

async function outerStatus(pid: number, runtime: string, inner: SandboxStatus): Promise<LabStatus> {
  const outer = await outerPids(pid);
  const nodes = inner.nodes.map(node => ({
    ...node,
    processes: node.processes.map(each => ({
      ...each,
      pid: each.pid === null ? null : (outer.get(each.pid) ?? null),
    })),
  }));
  return { pid, runtime, nodes, links: inner.links };
}
