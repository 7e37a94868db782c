/**
 * Renders a plan as a Docker Compose file: the same nodes, links and processes, one container per node and process.
 *
 * A router, name server or client is one container: it sets its node up, then becomes the node's program. A PoP is four,
 * as it is in production: one holds the network (named after the PoP, for `exec`), and sidecar, resolver and agent join
 * its network and processes and share its run directory, so that each can be killed, frozen and restarted alone.
 * Containers may come back in any order: whoever holds a network sets it up anew at each start.
 *
 * Written for both Compose v2 and 1.29. Links are plain bridges: `internal` ones drop what is routed through them.
 */
import { stringify } from 'yaml';
import type { LabPlan, NodePlan, ProcessPlan } from '../plan.ts';
import { containerName, labLabel } from './container.ts';
import { containerSettings, nodeReadyPath } from './settings.ts';
import { wireNetwork } from './wire-network.ts';

const header = `# The lab as containers: docker compose up -d, then docker compose exec client-eu dig @203.0.113.53 ...
# Rendered from the topology by: anycast lab compose > docker-compose.yml. Do not edit; a test says whether it is current.
`;

export function renderCompose(plan: LabPlan): string {
  const document = {
    services: Object.fromEntries(plan.nodes.flatMap(node => services(node, plan))),
    networks: Object.fromEntries(
      plan.links.map((link, index) => [link.name, network(wireNetwork(link, index).subnet)]),
    ),
    volumes: Object.fromEntries(
      plan.nodes.filter(isPop).map(node => [
        runVolume(node),
        // Sockets and the file that BIRD reads: in memory, as /run is on a host.
        { driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'mode=0755' } },
      ]),
    ),
  };
  return `${header}${stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })}`;
}

function network(subnet: string): object {
  return {
    driver: 'bridge',
    driver_opts: { 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
    ipam: { config: [{ subnet }] },
  };
}

function services(node: NodePlan, plan: LabPlan): [string, object][] {
  if (!isPop(node)) return [[node.name, { ...holder(node, plan), command: holderCommand(node) }]];
  const own = { ...holder(node, plan), command: holderCommand(node), healthcheck: healthcheck(node) };
  return [
    [node.name, { ...own, volumes: volumes(node) }],
    ...node.processes.map((process): [string, object] => [
      `${node.name}-${process.name}`,
      member(node, process, plan),
    ]),
  ];
}

/** A container that holds a node's network. */
function holder(node: NodePlan, plan: LabPlan): object {
  return {
    ...common(node, plan),
    hostname: node.name,
    // A shell that waits does not reap, and ignores SIGTERM as the first process.
    init: true,
    cap_add: ['NET_ADMIN'],
    sysctls: {
      'net.ipv6.conf.all.disable_ipv6': '0',
      'net.ipv6.conf.default.disable_ipv6': '0',
      ...node.sysctls,
    },
    networks: Object.fromEntries(
      plan.links.flatMap((link, index) =>
        link.ends.flatMap((end, side) =>
          end.node === node.name ? [[link.name, { ipv4_address: wireNetwork(link, index).ends[side] }]] : [],
        ),
      ),
    ),
    volumes: configVolume,
  };
}

/** A process of a PoP, in the network and among the processes of the container that holds it. */
function member(node: NodePlan, process: ProcessPlan, plan: LabPlan): object {
  const [, ...command] = process.argv;
  return {
    ...common(node, plan, process.name),
    network_mode: `service:${node.name}`,
    // The agent asks the kernel about the resolver's process by the number that the resolver gives.
    pid: `service:${node.name}`,
    depends_on: { [node.name]: { condition: 'service_healthy' } },
    cap_add: ['NET_ADMIN'],
    command,
    volumes: volumes(node),
  };
}

function common(node: NodePlan, plan: LabPlan, process?: string): object {
  return {
    image: 'anycast-dns-kit',
    build: { context: '.', dockerfile: 'deploy/container/Dockerfile' },
    container_name: containerName(node.name, process),
    labels: { [labLabel]: plan.topology },
  };
}

/** Sets the node up, then becomes its program; a node without one waits. */
function holderCommand(node: NodePlan): string[] {
  const [process] = isPop(node) ? [] : node.processes;
  return ['lab', 'node', node.name, ...(process ? ['--run', process.name] : [])];
}

function healthcheck(node: NodePlan): object {
  return {
    test: ['CMD', 'test', '-e', nodeReadyPath(node.runDirectory)],
    interval: '1s',
    timeout: '5s',
    retries: 60,
  };
}

const configVolume = [`./anycast.yaml:${containerSettings.configPath}:ro`];

function volumes(node: NodePlan): string[] {
  return [...configVolume, `${runVolume(node)}:${node.runDirectory}`];
}

function runVolume(node: NodePlan): string {
  return `${node.name}-run`;
}

function isPop(node: NodePlan): boolean {
  return node.role === 'pop';
}
