/** Makes the plan of a lab: checks the topology against the configuration, then plans every node by its role. Pure, given the seed. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import { hostNode } from './nodes/host.ts';
import { nameserverNode } from './nodes/nameserver.ts';
import { popNode } from './nodes/pop.ts';
import { protocolName, routerNode } from './nodes/router.ts';
import type { AnnouncementPlan, AnswerPlan, LabPlan, LinkPlan, SessionPlan } from './plan.ts';
import { familiesOf, type PlanContext, type PlanSettings, runDirectoryOf } from './plan-context.ts';
import type { Topology } from './topology.ts';
import { checkTopology } from './topology-rules.ts';
import { type Link, wire } from './wiring.ts';

/** Octets of the largest packet on every link: Ethernet's. */
const linkMtu = 1500;

/** @throws Fault `config-invalid` when the topology cannot be built around this configuration. */
export function makePlan(topology: Topology, config: AnycastConfig, settings: PlanSettings): LabPlan {
  checkTopology(topology, config);
  const context: PlanContext = { topology, config, settings, links: wire(topology) };
  return {
    topology: topology.name,
    nodes: [
      ...Object.keys(topology.networks).map(name => routerNode(name, context)),
      ...Object.keys(topology.nameservers).map(name => nameserverNode(name, context)),
      ...Object.keys(topology.pops).map(name => popNode(name, context)),
      ...Object.keys(topology.clients).map(name => hostNode(name, 'client', context)),
    ],
    links: context.links.map(linkPlan),
    networks: topology.networks,
    readiness: {
      sessions: sessions(context),
      announcements: announcements(context),
      answers: answers(context),
    },
  };
}

function linkPlan({ name, near, far, delayMs }: Link): LinkPlan {
  const ends = [near, far].map(end => ({ node: end.node, interface: end.interface }));
  return { name, ends: ends as [(typeof ends)[0], (typeof ends)[0]], delayMs, mtu: linkMtu };
}

function sessions(context: PlanContext): SessionPlan[] {
  return context.links.flatMap(link =>
    familiesOf(link, context).map(family => session(link, family, context)),
  );
}

function session(link: Link, family: 4 | 6, context: PlanContext): SessionPlan {
  return {
    node: link.near.node,
    socket: `${runDirectoryOf(link.near.node, context)}/bird.ctl`,
    protocol: protocolName(link.far.node, family),
  };
}

function announcements(context: PlanContext): AnnouncementPlan[] {
  return context.links
    .filter(link => link.kind === 'pop')
    .flatMap(link =>
      familiesOf(link, context).flatMap(family =>
        context.config.service.addresses
          .filter(address => address.family === family)
          .map(({ text }) => ({
            ...session(link, family, context),
            pop: link.far.node,
            prefix: `${text}/${family === 4 ? 32 : 128}`,
          })),
      ),
    );
}

function answers({ topology, config }: PlanContext): AnswerPlan[] {
  if (Object.keys(topology.pops).length === 0) return [];
  return Object.keys(topology.clients).flatMap(client =>
    config.service.addresses.map(({ text }) => ({ client, server: text, name: topology.readyName })),
  );
}
