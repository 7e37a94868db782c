/** A closed DNS: a root, the zone test., and as many zones below it as wanted, each with names whose addresses tell them apart. Pure. */

/** Addresses in the measurement's own network. The names' own addresses are below 198.19.0.0. */
export const places = {
  root: '198.19.0.1',
  tld: '198.19.0.2',
  leaves: ['198.19.1.1', '198.19.1.2', '198.19.1.3', '198.19.1.4'],
  /** What is not a name server as it should be. */
  hostile: '198.19.0.66',
  anycast: '198.19.2.1',
  /** The resolver's too, as the agent probes it and clients ask. */
  service: '203.0.113.53',
  unbound: '198.19.2.2',
  client: '198.19.3.1',
} as const;

export interface UniverseShape {
  readonly zones: number;
  readonly hostsPerZone: number;
  readonly ttlSeconds: number;
  /** More delegations from test., as zone file lines. */
  readonly delegations?: readonly string[];
}

/** Zone name to zone file text. */
export type Zones = Readonly<Record<string, string>>;

export interface Host {
  readonly name: string;
  readonly address: string;
}

/** Host `index` of all: the hosts of a zone follow one another. */
export function hostOf({ hostsPerZone }: UniverseShape, index: number): Host {
  const zone = Math.floor(index / hostsPerZone);
  return { name: `host${index % hostsPerZone}.zone${zone}.test.`, address: addressOf(index) };
}

/** In 198.18.0.0/16 and, after 65 536 hosts, again from its start. */
function addressOf(index: number): string {
  return `198.18.${(index >> 8) & 0xff}.${index & 0xff}`;
}

const soa = (ttl: number): string => `@ SOA ns1 hostmaster 1 3600 600 86400 ${Math.min(ttl, 60)}`;

export function rootZones({ ttlSeconds: ttl }: UniverseShape): Zones {
  const lines = [
    '$ORIGIN .',
    `$TTL ${ttl}`,
    `. SOA a.root.test. hostmaster.root.test. 1 3600 600 86400 60`,
    '. NS a.root.test.',
    `a.root.test. A ${places.root}`,
    'test. NS ns1.test.',
    `ns1.test. A ${places.tld}`,
  ];
  return { '.': text(lines) };
}

export function tldZones({ zones, ttlSeconds: ttl, delegations = [] }: UniverseShape): Zones {
  const lines = ['$ORIGIN test.', `$TTL ${ttl}`, soa(ttl), '@ NS ns1', `ns1 A ${places.tld}`];
  for (let zone = 0; zone < zones; zone += 1) {
    const child = `zone${zone}`;
    lines.push(`${child} NS ns1.${child}`, `${child} NS ns2.${child}`, ...glue(zone, `.${child}`));
  }
  return { 'test.': text([...lines, ...delegations]) };
}

/** Every name below `fresh` of a zone exists, at the zone's first address. */
export function leafZones(shape: UniverseShape): Zones {
  const { zones, hostsPerZone, ttlSeconds: ttl } = shape;
  return Object.fromEntries(
    Array.from({ length: zones }, (_, zone) => {
      const first = zone * hostsPerZone;
      const lines = [`$ORIGIN zone${zone}.test.`, `$TTL ${ttl}`, soa(ttl), '@ NS ns1', '@ NS ns2'];
      lines.push(...glue(zone, ''), `*.fresh A ${addressOf(first)}`);
      for (let host = 0; host < hostsPerZone; host += 1)
        lines.push(`host${host} A ${addressOf(first + host)}`);
      return [`zone${zone}.test.`, text(lines)] as const;
    }),
  );
}

export function freshHostOf(shape: UniverseShape, zone: number, label: string): Host {
  return { name: `${label}.fresh.zone${zone}.test.`, address: addressOf(zone * shape.hostsPerZone) };
}

function glue(zone: number, below: string): string[] {
  const { leaves } = places;
  return [1, 2].map(number => `ns${number}${below} A ${leaves[(zone + number) % leaves.length]}`);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
