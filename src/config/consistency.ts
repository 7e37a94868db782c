/**
 * Rules between keys of anycast.yaml that no single key can check. Each complaint names the key it is about.
 *
 * - service addresses: one per family, never a management address of any PoP, inside a fallback prefix if there is one;
 * - fallback prefixes: wider than a host, one per family, not overlapping, holding no management address (it would draw
 *   every PoP's management traffic to the nearest PoP);
 * - names: see `names-consistency.ts`;
 * - forward zones: a domain name each, stated once, never asked of the service itself;
 * - the resolver's cache is warmed up from PoPs that exist;
 * - PoPs: router ids and management addresses are unique, a neighbour has a name and an AS of its own;
 * - a session's two addresses are of one family, differ, and are no service address;
 * - the floor leaves at least one PoP that may go, and flap damping can suppress;
 * - the metrics pages of resolver and agent, which share their addresses, have a port each.
 */

import { nameKey, parseName } from '../dns/name.ts';
import type { IpAddress } from '../ip/address.ts';
import { prefixContains, prefixesOverlap } from '../ip/prefix.ts';
import type { AnycastConfig, PopConfig, ServiceConfig } from './anycast-config.ts';
import { namesComplaints } from './names-consistency.ts';
import { suggestion } from './nearest.ts';
import { transportComplaints } from './transport-consistency.ts';

export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function inconsistencies(config: AnycastConfig): Complaint[] {
  return [
    ...serviceComplaints(config),
    ...resolverComplaints(config),
    ...rootHintComplaints(config),
    ...warmUpComplaints(config),
    ...workerComplaints(config),
    ...transportComplaints(config),
    ...namesComplaints(config),
    ...telemetryComplaints(config),
    ...floorComplaints(config),
    ...dampingComplaints(config),
    ...Object.entries(config.pops).flatMap(([name, pop]) => popComplaints(config, name, pop)),
    ...duplicates(config, 'management', pop => pop.management),
    ...duplicates(config, 'routerId', pop => [pop.routerId]),
  ];
}

function serviceComplaints({ service }: AnycastConfig): Complaint[] {
  const complaints: Complaint[] = [];
  const add = (key: string, message: string): number => complaints.push({ path: ['service', key], message });
  if (hasTwoOfOneFamily(service.addresses)) add('addresses', 'one service address per family, please');
  const [first, second] = service.fallback;
  if (first && second && prefixesOverlap(first, second))
    add('fallback', `${first.text} and ${second.text} overlap: keep the one that your neighbours accept`);
  if (first && second && first.family === second.family && !prefixesOverlap(first, second))
    add('fallback', 'one fallback prefix per family, please');
  for (const prefix of service.fallback) {
    if (prefix.length === prefix.octets.length * 8)
      add(
        'fallback',
        `${prefix.text} is a host route: a fallback is a less specific prefix that covers the service address`,
      );
    if (!service.addresses.some(address => prefixContains(prefix, address.octets)))
      add('fallback', `${prefix.text} covers no service address`);
  }
  return complaints;
}

function resolverComplaints({ resolver, service }: AnycastConfig): Complaint[] {
  const seen = new Set<string>();
  return resolver.forward.flatMap((entry, index) => {
    const path = ['resolver', 'forward', index];
    const complaints: Complaint[] = [];
    const name = parseName(entry.zone);
    const key = name && nameKey(name);
    if (key === undefined)
      complaints.push({ path: [...path, 'zone'], message: `'${entry.zone}' is not a domain name` });
    else if (seen.has(key))
      complaints.push({
        path: [...path, 'zone'],
        message: `'${entry.zone}' is stated twice: name all its upstreams in one entry`,
      });
    if (key !== undefined) seen.add(key);
    const encrypted = entry.upstreams.filter(({ tls, https }) => tls ?? https).length;
    if (encrypted > 0 && encrypted < entry.upstreams.length)
      complaints.push({
        path: [...path, 'upstreams'],
        message: `'${entry.zone}' has upstreams with and without tls or https: what some encrypt the others would give away`,
      });
    for (const { address: upstream } of entry.upstreams) {
      if (isServiceAddress(service, upstream))
        complaints.push({
          path: [...path, 'upstreams'],
          message: `${upstream.text} is the service address: the resolver would ask itself`,
        });
    }
    return complaints;
  });
}

function warmUpComplaints({ resolver, pops }: AnycastConfig): Complaint[] {
  const { warmUp } = resolver.cache;
  if (warmUp === 'off' || warmUp.from === 'any') return [];
  return warmUp.from
    .filter(name => !Object.hasOwn(pops, name))
    .map(name => ({
      path: ['resolver', 'cache', 'warmUp', 'from'],
      message: `there is no PoP '${name}': ${suggestion(name, Object.keys(pops))}`,
    }));
}

function workerComplaints({ resolver: { workers, dnstap } }: AnycastConfig): Complaint[] {
  if (workers === 0 || !dnstap?.resolver) return [];
  const message =
    'our own queries are not told of where workers ask them: leave it out, or set resolver.workers to 0';
  return [{ path: ['resolver', 'dnstap', 'resolver'], message }];
}

function rootHintComplaints({ resolver, service }: AnycastConfig): Complaint[] {
  const { rootHints } = resolver.recursion;
  // What a file holds is seen when it is read.
  if (!rootHints || typeof rootHints === 'string') return [];
  return rootHints.flatMap(({ name, addresses }, index) => {
    const path = ['resolver', 'recursion', 'rootHints', index];
    const complaints: Complaint[] = [];
    if (!parseName(name))
      complaints.push({ path: [...path, 'name'], message: `'${name}' is not a domain name` });
    for (const address of addresses)
      if (isServiceAddress(service, address))
        complaints.push({
          path: [...path, 'addresses'],
          message: `${address.text} is the service address: the resolver would ask itself`,
        });
    return complaints;
  });
}

function telemetryComplaints({ telemetry }: AnycastConfig): Complaint[] {
  if (telemetry.resolverPort !== telemetry.agentPort) return [];
  const message = `${telemetry.agentPort} is also the resolver's: give each its own, they share the management addresses`;
  return [{ path: ['telemetry', 'agentPort'], message }];
}

function floorComplaints({ service, pops }: AnycastConfig): Complaint[] {
  const others = Object.keys(pops).length - 1;
  if (service.minimumPops === undefined || service.minimumPops <= others) return [];
  const message = `there are ${others} other PoPs: with ${service.minimumPops} none could ever be drained or leave for a soft fault`;
  return [{ path: ['service', 'minimumPops'], message }];
}

function dampingComplaints({ damping }: AnycastConfig): Complaint[] {
  if (damping === 'off') return [];
  const { suppress, reuse, maximum, halfLife } = damping;
  const complaints: Complaint[] = [];
  if (reuse >= suppress)
    complaints.push({
      path: ['damping', 'reuse'],
      message: `${reuse} is not below suppress (${suppress}): nothing would ever be suppressed`,
    });
  // RFC 2439 section 4.2: the penalty is capped at what decays to `reuse` within `maximum`.
  else if (reuse * 2 ** (maximum / halfLife) < suppress)
    complaints.push({
      path: ['damping', 'maximum'],
      message: `so short a maximum caps the penalty below suppress (${suppress}): lengthen it, or shorten halfLife`,
    });
  return complaints;
}

function popComplaints({ service }: AnycastConfig, name: string, pop: PopConfig): Complaint[] {
  const complaints: Complaint[] = [];
  const add = (path: readonly (string | number)[], message: string): number =>
    complaints.push({ path: ['pops', name, ...path], message });
  for (const management of pop.management) {
    if (isServiceAddress(service, management))
      add(
        ['management'],
        `${management.text} is the service address: a management address must belong to this PoP alone`,
      );
    const fallback = service.fallback.find(prefix => prefixContains(prefix, management.octets));
    if (fallback)
      add(
        ['management'],
        `${management.text} lies in the fallback prefix ${fallback.text}, which all PoPs announce`,
      );
  }
  if (hasTwoOfOneFamily(pop.management)) add(['management'], 'one management address per family, please');
  pop.neighbours.forEach((neighbour, index) => {
    const path = ['neighbours', index];
    if (neighbour.asn === service.asn)
      add([...path, 'asn'], `AS ${neighbour.asn} is the service's own: a neighbour is another network`);
    if (pop.neighbours.findIndex(other => other.name === neighbour.name) !== index)
      add([...path, 'name'], `two neighbours are called '${neighbour.name}'`);
    if (neighbour.password !== undefined && neighbour.passwordFile !== undefined)
      add([...path, 'passwordFile'], 'password or passwordFile, not both');
    if (hasTwoOfOneFamily(neighbour.sessions.map(session => session.local)))
      add([...path, 'sessions'], 'one session per family and neighbour, please');
    for (const { local, remote } of neighbour.sessions) {
      if (local.family !== remote.family)
        add([...path, 'sessions'], `${local.text} and ${remote.text} are of two families`);
      if (local.text === remote.text) add([...path, 'sessions'], `${local.text} is both ends of the session`);
      for (const { text } of [local, remote].filter(end => isServiceAddress(service, end)))
        add([...path, 'sessions'], `${text} is the service address: BGP is spoken between unicast addresses`);
    }
  });
  return complaints;
}

function duplicates(
  config: AnycastConfig,
  key: 'management' | 'routerId',
  addressesOf: (pop: PopConfig) => readonly IpAddress[],
): Complaint[] {
  const owner = new Map<string, string>();
  const complaints: Complaint[] = [];
  for (const [name, pop] of Object.entries(config.pops)) {
    for (const { text } of addressesOf(pop)) {
      const other = owner.get(text);
      if (other !== undefined)
        complaints.push({
          path: ['pops', name, key],
          message: `${text} is also the ${key} of ${other}: give each PoP its own`,
        });
      owner.set(text, name);
    }
  }
  return complaints;
}

function isServiceAddress(service: ServiceConfig, { text }: IpAddress): boolean {
  return service.addresses.some(address => address.text === text);
}

function hasTwoOfOneFamily(addresses: readonly IpAddress[]): boolean {
  return new Set(addresses.map(address => address.family)).size < addresses.length;
}
