/**
 * Builds the nodes and links of a plan as network namespaces and veth pairs.
 *
 * Few programs, each given many lines: `ip -batch` for all namespaces and for all links, then one `sysctl` and one
 * `ip -batch` per node, side by side. Kernel settings come before the links, because an interface takes its settings from
 * the namespace's defaults when it is made.
 */

import { run, runOrThrow } from '../../system/run.ts';
import type { LinkState } from '../lab-runtime.ts';
import { addressBatch, lines, sysctlArguments } from '../node-setup.ts';
import type { LabPlan, LinkPlan } from '../plan.ts';
import { netnsPath } from '../sandbox/paths.ts';

/** `inNode` argv: the same program with the node's network. It replaces itself, so the pid is the program's own. */
export function inNode(node: string, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--net=${netnsPath(node)}`, '--', ...argv];
}

export async function buildNetwork({ nodes, links }: LabPlan, signal: AbortSignal): Promise<void> {
  await ipBatch(
    nodes.map(({ name }) => `netns add ${name}`),
    signal,
  );
  await Promise.all(
    nodes.map(node => runOrThrow(inNode(node.name, ['sysctl', '-qw', ...sysctlArguments(node)]), { signal })),
  );
  await ipBatch(links.map(vethLine), signal);
  await Promise.all(
    nodes.map(node =>
      runOrThrow(['ip', '-netns', node.name, '-batch', '-'], { signal, input: addressBatch(node) }),
    ),
  );
}

/**
 * Gives the links their delays, one way each. False when this kernel has no netem: the lab goes on without.
 */
export async function applyDelays({ links }: LabPlan, signal: AbortSignal): Promise<boolean> {
  const delayed = links.filter(({ delayMs }) => delayMs > 0);
  if (delayed.length === 0) return true;
  const trial = await run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms'], { signal });
  if (trial.exitCode !== 0) return false;
  const ends = delayed.flatMap(link => link.ends.map(end => ({ ...end, delayMs: link.delayMs })));
  const byNode = Map.groupBy(ends, end => end.node);
  await Promise.all(
    [...byNode].map(([node, own]) =>
      runOrThrow(['tc', '-netns', node, '-batch', '-'], {
        signal,
        input: lines(
          own.map(end => `qdisc add dev ${end.interface} root netem delay ${end.delayMs}ms limit 10000`),
        ),
      }),
    ),
  );
  return true;
}

/** Takes the link's first end up or down; the other end sees its carrier come or go. */
export async function setLinkState({ ends: [near] }: LinkPlan, state: LinkState): Promise<void> {
  await runOrThrow(['ip', '-netns', near.node, 'link', 'set', 'dev', near.interface, state]);
}

/** The state of each link as the kernel has it. */
export async function linkStates({ links }: LabPlan): Promise<Map<string, LinkState>> {
  const nodes = [...new Set(links.map(({ ends: [near] }) => near.node))];
  const shown = await Promise.all(
    nodes.map(async node => {
      const text = await runOrThrow(['ip', '-netns', node, '-json', 'link', 'show']);
      return [node, JSON.parse(text) as { ifname: string; operstate: string }[]] as const;
    }),
  );
  const interfaces = new Map(shown);
  return new Map(
    links.map(({ name, ends: [near] }) => {
      const found = interfaces.get(near.node)?.find(({ ifname }) => ifname === near.interface);
      return [name, found?.operstate === 'UP' ? 'up' : 'down'];
    }),
  );
}

function vethLine({ ends: [near, far], mtu }: LinkPlan): string {
  return `link add name ${near.interface} netns ${near.node} mtu ${mtu} type veth peer name ${far.interface} netns ${far.node} mtu ${mtu}`;
}

async function ipBatch(commands: readonly string[], signal: AbortSignal): Promise<void> {
  await runOrThrow(['ip', '-batch', '-'], { signal, input: lines(commands) });
}
