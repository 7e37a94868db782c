/** Plans a nameserver: NSD with its zones, signed when it starts where a zone is to be signed. */
import type { NodePlan } from '../plan.ts';
import type { PlanContext } from '../plan-context.ts';
import { type ServedZone, zoneFiles } from '../zone-universe.ts';
import { hostNode } from './host.ts';

export function nameserverNode(name: string, context: PlanContext): NodePlan {
  const host = hostNode(name, 'nameserver', context);
  const origins = context.topology.nameservers[name]?.zones ?? [];
  const { files, prepare, zones } = zoneFiles(origins, host.runDirectory, context);
  const addresses = host.interfaces.flatMap(each => each.addresses.map(text => text.split('/')[0] ?? ''));
  const configPath = `${host.runDirectory}/nsd.conf`;
  return {
    ...host,
    files: [{ path: configPath, text: nsdConfig(host.runDirectory, addresses, zones) }, ...files],
    prepare,
    processes: [
      {
        name: 'nsd',
        argv: ['nsd', '-d', '-c', configPath],
        ready: { kind: 'dns', server: addresses[0] ?? '', zone: origins[0] ?? '.' },
        children: [],
      },
    ],
  };
}

function nsdConfig(directory: string, addresses: readonly string[], zones: readonly ServedZone[]): string {
  return `server:
${addresses.map(address => `    ip-address: ${address}\n`).join('')}    server-count: 1
    # No other user to become and no database: the node is its own.
    username: ""
    chroot: ""
    database: ""
    zonesdir: "${directory}"
    pidfile: "${directory}/nsd.pid"
    xfrdfile: "${directory}/xfrd.state"
    xfrdir: "${directory}"
    zonelistfile: "${directory}/zone.list"
    # Every query of a PoP comes from one address: a limit per address would make the lab lose queries.
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
    hide-version: yes

remote-control:
    control-enable: no

${zones.map(({ origin, file }) => `zone:\n    name: "${origin}"\n    zonefile: "${file}"\n`).join('\n')}`;
}
