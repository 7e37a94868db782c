/** Plans a network's router: BIRD with the hand-written rules of `bird-configs/transit` and a generated site and neighbours. */
import type { AnycastConfig, BgpConfig } from '../../config/anycast-config.ts';
import { bfdBetween } from '../../config/bfd.ts';
import { hostPrefix, type IpPrefix, prefixContains } from '../../ip/prefix.ts';
import { Fault } from '../../system/fault.ts';
import type { NodePlan } from '../plan.ts';
import { familiesOf, interfacesOf, type PlanContext, runDirectoryOf } from '../plan-context.ts';
import type { Topology } from '../topology.ts';
import { blockOf, type Link, type LinkEnd } from '../wiring.ts';
import { multipathSysctls, routerSysctls } from './sysctls.ts';

/** What the two generated files say. */
export interface RouterConfig {
  readonly site: string;
  readonly neighbours: string;
}

/**
 * BFD between networks, which no PoP's failover waits for: 0.9 s, and a third of the packets that the PoPs' timers
 * would cost on twenty links.
 */
const bfdBetweenNetworks = { interval: 300, multiplier: 3 };

export function routerNode(name: string, context: PlanContext): NodePlan {
  const network = networkNamed(name, context.topology);
  const runDirectory = runDirectoryOf(name, context);
  const { router4, router6 } = blockOf(network);
  const { site, neighbours } = routerConfig(name, context);
  const socket = `${runDirectory}/bird.ctl`;
  return {
    name,
    role: 'router',
    network: name,
    asn: network.asn,
    interfaces: interfacesOf(name, context),
    loopback: [router4, router6].map(address => hostPrefix(address).text),
    routes: [],
    sysctls: network.multipath ? { ...routerSysctls, ...multipathSysctls } : routerSysctls,
    runDirectory,
    files: [
      { path: `${runDirectory}/site.conf`, text: site },
      { path: `${runDirectory}/neighbours.conf`, text: neighbours },
    ],
    // BIRD looks for included files beside the including one, so the rules are laid beside the generated parts.
    prepare: [['cp', `${context.settings.birdConfigs}/transit/bird.conf`, `${runDirectory}/bird.conf`]],
    processes: [
      {
        name: 'bird',
        argv: ['bird', '-f', '-c', `${runDirectory}/bird.conf`, '-s', socket],
        ready: { kind: 'bird', socket },
        children: [],
      },
    ],
  };
}

export function routerConfig(name: string, context: PlanContext): RouterConfig {
  return { site: site(name, context), neighbours: neighbours(name, context) };
}

/** The session with `neighbour`, as BIRD calls its protocol: a BIRD symbol has no hyphen. */
export function protocolName(neighbour: string, family: 4 | 6): string {
  return `${neighbour.replaceAll('-', '_')}_v${family}`;
}

function site(name: string, { topology, config }: PlanContext): string {
  const network = networkNamed(name, topology);
  const block = blockOf(network);
  const defines = {
    ROUTER_ID: block.router4.text,
    OWN_AS: network.asn,
    OWN4: block.v4.text,
    OWN6: block.v6.text,
    SERVICE4: prefixSet(servicePatterns(config, 4), 4),
    SERVICE6: prefixSet(servicePatterns(config, 6), 6),
    HOLD_TIME: Math.ceil(config.bgp.holdTime / 1000),
    MULTIPATH: network.multipath ? 1 : 0,
  };
  return Object.entries(defines)
    .map(([key, value]) => `define ${key} = ${value};\n`)
    .join('');
}

function neighbours(name: string, context: PlanContext): string {
  return context.links
    .filter(link => link.near.node === name || link.far.node === name)
    .flatMap(link => familiesOf(link, context).map(family => neighbour(name, { link, family, context })))
    .join('\n');
}

interface NeighbourRequest {
  readonly link: Link;
  readonly family: 4 | 6;
  readonly context: PlanContext;
}

function neighbour(name: string, { link, family, context }: NeighbourRequest): string {
  const { topology, config } = context;
  const [own, other] = link.near.node === name ? [link.near, link.far] : [link.far, link.near];
  const isPop = link.kind === 'pop';
  const asn = isPop ? config.service.asn : networkNamed(other.node, topology).asn;
  const sells = link.kind !== 'peer' && own === link.near;
  const template = link.kind === 'peer' ? 'peer' : sells ? 'customer' : 'provider';
  const address = (end: LinkEnd): string => (family === 4 ? end.v4 : end.v6).text;
  const pop = isPop ? config.pops[other.node] : undefined;
  const agreed = pop?.neighbours.find(each => each.name === name);
  const bfd = pop && agreed ? bfdBetween(pop, agreed, config) : bfdBetweenNetworks;
  return [
    `protocol bgp ${protocolName(other.node, family)} from ${template}${family} {`,
    `  local ${address(own)} as OWN_AS;`,
    `  neighbor ${address(other)} as ${asn};`,
    ...bfdLines(bfd),
    ...(agreed?.ttlSecurity === true ? ['  ttl security on;'] : []),
    ...(agreed?.password === undefined ? [] : [`  password ${birdString(agreed.password)};`]),
    ...(sells ? [`  ipv${family} { ${importLine(other.node, family, context)} };`] : []),
    '}',
    '',
  ].join('\n');
}

function bfdLines(bfd: BgpConfig['bfd']): string[] {
  return bfd === 'off' ? [] : [`  bfd { interval ${bfd.interval} ms; multiplier ${bfd.multiplier}; };`];
}

/** More routes than a customer's contract names, so that it may split one; as many as a slip of the hand, and no table. */
const spareRoutes = 2;

/** What a customer may announce, and how many routes: one that announces more is cut off, and tries again. */
function importLine(customer: string, family: 4 | 6, context: PlanContext): string {
  const patterns = contract(customer, family, context);
  const { service } = context.config;
  const hosts = service.addresses.filter(address => address.family === family).length;
  const limit = patterns.length + hosts + spareRoutes;
  return `import where from_customer(${prefixSet(patterns, family)}); import limit ${limit} action restart;`;
}

/** Its own block and those of its customers, and the service where a PoP is among them. */
function contract(
  customer: string,
  family: 4 | 6,
  { topology, config, links }: PlanContext,
): readonly string[] {
  const patterns: string[] = [];
  const seen = new Set<string>();
  const visit = (node: string): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const network = topology.networks[node];
    if (network) patterns.push(blockOf(network)[family === 4 ? 'v4' : 'v6'].text);
    else patterns.push(...servicePatterns(config, family).filter(pattern => !patterns.includes(pattern)));
    for (const link of links) {
      if (link.near.node === node && (link.kind === 'customer' || link.kind === 'pop')) visit(link.far.node);
    }
  };
  visit(customer);
  return patterns;
}

/** The service's fallback prefixes with everything in them, and service addresses that lie in none. */
function servicePatterns({ service }: AnycastConfig, family: 4 | 6): string[] {
  const fallback = service.fallback.filter(prefix => prefix.family === family);
  const uncovered = service.addresses
    .filter(address => address.family === family)
    .filter(address => !fallback.some(prefix => prefixContains(prefix, address.octets)))
    .map(hostPrefix);
  const withLonger = (prefix: IpPrefix): string =>
    `${prefix.text}{${prefix.length},${prefix.octets.length * 8}}`;
  return [...fallback, ...uncovered].map(withLonger);
}

/** A BIRD prefix set. An empty one cannot be written: the stand-in holds a prefix that nobody announces. */
function prefixSet(patterns: readonly string[], family: 4 | 6): string {
  const nobody = family === 4 ? '192.0.2.255/32' : '100::/128';
  return `[ ${(patterns.length > 0 ? patterns : [nobody]).join(', ')} ]`;
}

/** BIRD has no escapes inside a string: what the PoP's own side of the session refuses is refused here. */
function birdString(text: string): string {
  if (!/["\n\r\0]/.test(text)) return `"${text}"`;
  throw new Fault('config-invalid', 'a BGP password holds a quotation mark or a line end', {
    hint: 'BIRD cannot be told such a password: choose another',
  });
}

function networkNamed(name: string, topology: Topology): Topology['networks'][string] {
  const network = topology.networks[name];
  if (!network) throw new Fault('internal', `there is no network ${name}`);
  return network;
}
