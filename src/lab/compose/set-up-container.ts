/** Sets up the node that this container is: the plan's interfaces, addresses, routes and files in place of Docker's. */
import { rm, writeFile } from 'node:fs/promises';
import { Fault } from '../../system/fault.ts';
import { runOrThrow } from '../../system/run.ts';
import { addressBatch, lines, prepareNode, writeNodeFiles } from '../node-setup.ts';
import type { LabPlan, NodePlan } from '../plan.ts';
import { nodeReadyPath } from './settings.ts';
import { wireNetwork } from './wire-network.ts';

/** @throws Fault `environment` when the container lacks an interface of the plan. */
export async function setUpContainer(plan: LabPlan, node: NodePlan, signal: AbortSignal): Promise<void> {
  const interfaces = await dockerInterfaces(signal);
  const renames = plan.links.flatMap((link, index) =>
    link.ends.flatMap((end, side) => {
      if (end.node !== node.name) return [];
      const address = wireNetwork(link, index).ends[side] ?? '';
      const found = interfaces.get(address);
      if (found === undefined) {
        throw new Fault(
          'environment',
          `${node.name} has no interface for the link ${link.name} (${address})`,
          {
            hint: 'is docker-compose.yml current? anycast lab compose renders it',
          },
        );
      }
      return [{ from: found, to: end.interface }];
    }),
  );
  // Docker's default route would lead lab traffic out of the lab; its addresses are of no use.
  const batch = lines([
    ...renames.flatMap(({ from, to }) => [
      `address flush dev ${from}`,
      `link set dev ${from} down`,
      `link set dev ${from} name ${to}`,
    ]),
    'route flush table main',
  ]);
  await runOrThrow(['ip', '-batch', '-'], { signal, input: batch });
  await runOrThrow(['ip', '-batch', '-'], { signal, input: addressBatch(node) });
  await rm(nodeReadyPath(node.runDirectory), { force: true });
  await writeNodeFiles(node);
  await prepareNode(node, signal);
  await writeFile(nodeReadyPath(node.runDirectory), '');
}

/** Interface names by the IPv4 address that Docker gave them. */
async function dockerInterfaces(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const text = await runOrThrow(['ip', '-json', '-4', 'address', 'show'], { signal });
  const shown = JSON.parse(text) as { ifname: string; addr_info: { local: string }[] }[];
  return new Map(
    shown.flatMap(({ ifname, addr_info }) => addr_info.map(({ local }) => [local, ifname] as const)),
  );
}
