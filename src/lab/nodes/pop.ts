/** Plans a PoP: a host of its first neighbour that runs sidecar, resolver and agent, as a PoP in production does. */
import type { NodePlan, ProcessPlan } from '../plan.ts';
import type { PlanContext } from '../plan-context.ts';
import { hostNode } from './host.ts';

/** The program that each route driver's router is, as the kernel names it. */
const routerPrograms: Readonly<Record<string, string>> = { bird: 'bird', gobgp: 'gobgpd' };

export function popNode(name: string, context: PlanContext): NodePlan {
  const { settings, config } = context;
  const host = hostNode(name, 'pop', context);
  const driver = config.pops[name]?.driver ?? 'bird';
  const anycast = (verb: string, children: readonly string[] = []): ProcessPlan => ({
    name: verb,
    argv: [
      ...settings.anycast,
      verb,
      '--config',
      settings.configPath,
      '--pop',
      name,
      '--run-dir',
      host.runDirectory,
    ],
    ready: { kind: 'later' },
    children,
  });
  return {
    ...host,
    asn: config.service.asn,
    processes: [
      anycast('sidecar', [routerPrograms[driver] ?? driver]),
      anycast('resolver'),
      anycast('agent'),
    ],
  };
}
