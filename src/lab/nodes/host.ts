/** Plans a host: one link, a default route through it, no processes. Clients are this; nameservers build on it. */
import { Fault } from '../../system/fault.ts';
import type { NodePlan, NodeRole, RoutePlan } from '../plan.ts';
import { homeOf, interfacesOf, type PlanContext, runDirectoryOf } from '../plan-context.ts';
import type { LinkEnd } from '../wiring.ts';
import { hostSysctls } from './sysctls.ts';

export function hostNode(name: string, role: NodeRole, context: PlanContext): NodePlan {
  const link = context.links.find(({ far }) => far.node === name);
  if (!link) throw new Fault('internal', `${name} has no link`);
  return {
    name,
    role,
    ...homeOf(name, context),
    interfaces: interfacesOf(name, context),
    loopback: [],
    routes: defaultRoutes(link.near),
    sysctls: hostSysctls,
    runDirectory: runDirectoryOf(name, context),
    files: [],
    prepare: [],
    processes: [],
  };
}

function defaultRoutes(gateway: LinkEnd): RoutePlan[] {
  return [
    { to: '0.0.0.0/0', via: gateway.v4.text },
    { to: '::/0', via: gateway.v6.text },
  ];
}
