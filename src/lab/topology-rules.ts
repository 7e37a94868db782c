/**
 * What makes a topology one that can be built around the PoPs of a configuration.
 *
 * - names: known, unique over networks, PoPs and hosts, usable as interface names;
 * - AS numbers: unique, from the documentation or private ranges, none of them the service's;
 * - blocks: one index each, none overlapping the service's prefixes, none with more links than it has room for;
 * - relations: between two networks, once each, nobody its own provider however far up;
 * - PoPs: each one in the configuration, with exactly the neighbours and link addresses that the address rule gives,
 *   its management addresses among them, its router id nobody else's.
 */
import type { AnycastConfig, PopConfig } from '../config/anycast-config.ts';
import { suggestion } from '../config/nearest.ts';
import { hostPrefix, prefixesOverlap } from '../ip/prefix.ts';
import { Fault } from '../system/fault.ts';
import type { Topology } from './topology.ts';
import { blockOf, declaredLinks, type Link, linksPerNetwork, wire } from './wiring.ts';
import { zoneKinds } from './zones.ts';

/** The kernel's IFNAMSIZ less the final zero: an interface is named after the node at its other end. */
const nameLimit = 15;

/** Names that mean something else where an interface's name may stand. */
const reservedNames = ['lo', 'all', 'default'];

/** RFC 5398 and RFC 6996: AS numbers that no network on the Internet has. */
const labAsRanges = [
  [64496, 64511],
  [65536, 65551],
  [64512, 65534],
  [4_200_000_000, 4_294_967_294],
] as const;

/** @throws Fault `config-invalid` with one line per complaint. */
export function checkTopology(topology: Topology, config: AnycastConfig): void {
  // Each step relies on what the one before has checked.
  for (const rules of [nameRules, relationRules, networkRules, popRules]) {
    const complaints = rules(topology, config);
    if (complaints.length > 0) {
      throw new Fault('config-invalid', complaints.map(line => `${topology.name}: ${line}`).join('\n'), {
        hint: 'nothing was started; correct the topology (src/lab/topologies) or the configuration and try again',
      });
    }
  }
}

function nameRules(topology: Topology): string[] {
  const complaints: string[] = [];
  const { networks, pops, clients, nameservers } = topology;
  const seen = new Map<string, string>();
  for (const [what, names] of Object.entries({
    network: networks,
    PoP: pops,
    client: clients,
    nameserver: nameservers,
  })) {
    for (const name of Object.keys(names)) {
      if (seen.has(name))
        complaints.push(`${what} '${name}' has the name of a ${seen.get(name)}: names are unique`);
      seen.set(name, what);
      if (!/^[a-z][a-z0-9-]*$/.test(name) || reservedNames.includes(name) || name.length > nameLimit)
        complaints.push(
          `${what} '${name}': a node's name is a lower-case letter, then letters, digits and hyphens, at most ${nameLimit} in all, and not ${reservedNames.join(', ')}`,
        );
    }
  }
  const known = Object.keys(networks);
  for (const { near, far, kind } of declaredLinks(topology)) {
    const ends = kind === 'pop' || kind === 'host' ? [near] : [near, far];
    for (const end of ends.filter(each => !known.includes(each)))
      complaints.push(`there is no network '${end}' (link ${near}--${far}): ${suggestion(end, known)}`);
  }
  const origins = zoneKinds.map(zone => zone.origin);
  for (const [name, { zones }] of Object.entries(nameservers)) {
    for (const zone of zones.filter(each => !origins.includes(each)))
      complaints.push(`nameserver '${name}': there is no zone '${zone}': ${suggestion(zone, origins)}`);
  }
  return complaints;
}

function relationRules(topology: Topology): string[] {
  const complaints: string[] = [];
  const seen = new Set<string>();
  const links = declaredLinks(topology);
  for (const { near, far } of links) {
    const pair = [near, far].sort().join(' and ');
    if (near === far) complaints.push(`'${near}' is linked to itself`);
    else if (seen.has(pair)) complaints.push(`${pair} are linked twice: state one relation`);
    seen.add(pair);
  }
  const providersOf = (name: string): string[] =>
    links.filter(link => link.kind === 'customer' && link.far === name).map(link => link.near);
  for (const name of Object.keys(topology.networks)) {
    const above = new Set<string>();
    const queue = providersOf(name);
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (above.has(next)) continue;
      above.add(next);
      queue.push(...providersOf(next));
    }
    if (above.has(name))
      complaints.push(`'${name}' is a customer of its own customers: routes would have no top`);
  }
  return complaints;
}

function networkRules(topology: Topology, { service, pops }: AnycastConfig): string[] {
  const complaints: string[] = [];
  const asns = new Map<number, string>();
  const indexes = new Map<number, string>();
  const servicePrefixes = [...service.fallback, ...service.addresses.map(hostPrefix)];
  for (const [name, network] of Object.entries(topology.networks)) {
    const { asn, index } = network;
    if (!labAsRanges.some(([first, last]) => asn >= first && asn <= last))
      complaints.push(`network '${name}': AS ${asn} is neither a documentation nor a private AS number`);
    if (asn === service.asn) complaints.push(`network '${name}': AS ${asn} is the service's own`);
    if (asns.has(asn)) complaints.push(`network '${name}': AS ${asn} is also the AS of '${asns.get(asn)}'`);
    asns.set(asn, name);
    if (!Number.isInteger(index) || index < 1 || index > 255) {
      complaints.push(`network '${name}': its index is ${index}, not a number from 1 to 255`);
      continue;
    }
    const block = blockOf(network);
    if (indexes.has(index))
      complaints.push(
        `network '${name}': index ${index}, and so ${block.v4.text}, also belongs to '${indexes.get(index)}'`,
      );
    indexes.set(index, name);
    for (const prefix of servicePrefixes.filter(
      each => prefixesOverlap(each, block.v4) || prefixesOverlap(each, block.v6),
    ))
      complaints.push(`network '${name}': its block overlaps ${prefix.text}, which is the service's`);
    const sameId = Object.entries(pops).find(([, pop]) => pop.routerId.text === block.router4.text);
    if (sameId)
      complaints.push(
        `network '${name}': its router id ${block.router4.text} is also that of PoP ${sameId[0]}`,
      );
    const count = declaredLinks(topology).filter(link => link.near === name).length;
    if (count > linksPerNetwork)
      complaints.push(`network '${name}' has ${count} links of its own, and room for ${linksPerNetwork}`);
  }
  return complaints;
}

function popRules(topology: Topology, config: AnycastConfig): string[] {
  const links = wire(topology);
  return Object.keys(topology.pops).flatMap(name => {
    const pop = Object.hasOwn(config.pops, name) ? config.pops[name] : undefined;
    if (!pop)
      return [`PoP '${name}' is not in the configuration: ${suggestion(name, Object.keys(config.pops))}`];
    const own = links.filter(link => link.kind === 'pop' && link.far.node === name);
    return [
      ...own.flatMap(link => neighbourComplaints(topology, { name, pop, link })),
      ...pop.neighbours
        .filter(neighbour => !own.some(link => link.near.node === neighbour.name))
        .map(
          ({ name: other }) =>
            `pops.${name}: neighbour '${other}' is not one of its networks in the topology`,
        ),
      ...pop.management
        .filter(({ text }) => !own.some(({ far }) => far.v4.text === text || far.v6.text === text))
        .map(
          ({ text }) =>
            `pops.${name}.management: ${text} is on none of its links, so nobody in the lab has a route to it`,
        ),
    ];
  });
}

function neighbourComplaints(
  topology: Topology,
  { name, pop, link }: { readonly name: string; readonly pop: PopConfig; readonly link: Link },
): string[] {
  const where = `pops.${name}.neighbours`;
  const neighbour = pop.neighbours.find(each => each.name === link.near.node);
  if (!neighbour) return [`${where}: '${link.near.node}' is missing, which the topology connects ${name} to`];
  const asn = topology.networks[link.near.node]?.asn;
  const complaints: string[] = [];
  if (neighbour.asn !== asn)
    complaints.push(`${where}: '${neighbour.name}' is AS ${asn} in the topology, not AS ${neighbour.asn}`);
  for (const { local, remote } of neighbour.sessions) {
    const [far, near] = local.family === 4 ? [link.far.v4, link.near.v4] : [link.far.v6, link.near.v6];
    if (local.text !== far.text || remote.text !== near.text)
      complaints.push(
        `${where}: the session with '${neighbour.name}' is ${local.text} to ${remote.text}; on this link the addresses are ${far.text} and ${near.text}`,
      );
  }
  return complaints;
}
