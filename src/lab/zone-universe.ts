/**
 * The lab's DNS universe: every served zone with its SOA, nameserver, delegations and keys, as files for NSD.
 *
 * Each zone has one nameserver, named `<node>.test.`; its address records stand in `test.`, and as glue wherever a
 * delegation needs them. Signed zones are written unsigned and signed by ldns-signzone when the node starts, with keys
 * that zone and parent both derive from the lab's seed.
 */
import { Fault } from '../system/fault.ts';
import type { FilePlan, NodePlan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import type { ZoneKind } from './zone.ts';
import { zoneKey } from './zone-key.ts';
import { zoneKinds } from './zones.ts';

export interface ServedZone {
  readonly origin: string;
  readonly file: string;
}

export interface ZoneFiles {
  readonly files: readonly FilePlan[];
  readonly prepare: NodePlan['prepare'];
  readonly zones: readonly ServedZone[];
}

/** Nameservers are named below it. */
const nameserverDomain = 'test.';

/** The addresses that `broken` changes after signing: 198.51.100.85 becomes .86. */
const tampering = 's/198\\.51\\.100\\.85$/198.51.100.86/';

export function zoneFiles(origins: readonly string[], directory: string, context: PlanContext): ZoneFiles {
  const made = origins.map(origin => oneZone(zoneNamed(origin), directory, context));
  return {
    files: made.flatMap(zone => zone.files),
    prepare: made.flatMap(zone => zone.prepare),
    zones: made.flatMap(zone => zone.zones),
  };
}

function oneZone(zone: ZoneKind, directory: string, context: PlanContext): ZoneFiles {
  const file = `${directory}/${zone.origin === '.' ? 'root' : zone.origin.slice(0, -1)}.zone`;
  const text = zoneText(zone, directory, context);
  if (zone.dnssec === 'none')
    return { files: [{ path: file, text }], prepare: [], zones: [{ origin: zone.origin, file }] };
  const key = zoneKey(zone.origin, context.settings.seed, directory);
  const signed = `${file}.signed`;
  return {
    files: [
      { path: file, text },
      ...key.files,
      { path: `${file}.ds`, text: `${zone.origin} IN DS ${key.ds}\n` },
    ],
    prepare: [
      ['ldns-signzone', '-o', zone.origin, '-f', signed, file, key.base],
      ...(zone.dnssec === 'broken' ? [['sed', '-i', tampering, signed] as const] : []),
    ],
    zones: [{ origin: zone.origin, file: signed }],
  };
}

function zoneText(zone: ZoneKind, directory: string, context: PlanContext): string {
  const servers = serversByZone(context);
  const server = serverOf(zone.origin, servers);
  const children = [...servers.keys()].filter(origin => parentOf(origin, servers) === zone.origin);
  const named =
    zone.origin === nameserverDomain
      ? [...servers.values()]
      : children.map(child => serverOf(child, servers));
  const hosts = new Set(isBelow(nameserverDomain, zone.origin) ? [server, ...named] : []);
  return [
    `$ORIGIN ${zone.origin}`,
    `$TTL ${zone.ttl}`,
    `@ SOA ${server}.${nameserverDomain} hostmaster.${nameserverDomain} 1 3600 600 604800 ${zone.ttl}`,
    `@ NS ${server}.${nameserverDomain}`,
    ...[...hosts].flatMap(host => addressRecords(host, context)),
    ...children.flatMap(child => [
      `${child} NS ${serverOf(child, servers)}.${nameserverDomain}`,
      ...(zoneNamed(child).dnssec === 'none'
        ? []
        : [`${child} DS ${zoneKey(child, context.settings.seed, directory).ds}`]),
    ]),
    ...zone.records(),
    '',
  ].join('\n');
}

function addressRecords(host: string, { links }: PlanContext): string[] {
  const end = links.find(({ far }) => far.node === host)?.far;
  if (!end) throw new Fault('internal', `nameserver ${host} has no link`);
  return [`${host}.${nameserverDomain} A ${end.v4.text}`, `${host}.${nameserverDomain} AAAA ${end.v6.text}`];
}

/** Which nameserver serves each zone; of several the first. */
function serversByZone({ topology }: PlanContext): Map<string, string> {
  const servers = new Map<string, string>();
  for (const [host, { zones }] of Object.entries(topology.nameservers)) {
    for (const origin of zones) if (!servers.has(origin)) servers.set(origin, host);
  }
  return servers;
}

function serverOf(origin: string, servers: ReadonlyMap<string, string>): string {
  const server = servers.get(origin);
  if (server === undefined) throw new Fault('internal', `nobody serves ${origin}`);
  return server;
}

/** The closest served zone above. */
function parentOf(origin: string, servers: ReadonlyMap<string, string>): string | undefined {
  return [...servers.keys()]
    .filter(other => other !== origin && isBelow(origin, other))
    .sort((a, b) => b.length - a.length)[0];
}

function isBelow(origin: string, above: string): boolean {
  return above === '.' || origin === above || origin.endsWith(`.${above}`);
}

function zoneNamed(origin: string): ZoneKind {
  const zone = zoneKinds.find(each => each.origin === origin);
  if (!zone) throw new Fault('internal', `there is no zone ${origin}`);
  return zone;
}
