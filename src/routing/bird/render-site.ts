/** site.conf of a PoP: the defines that bird.conf is written in terms of, and every route that may ever be announced. */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { IpFamily } from '../../ip/address.ts';
import { hostPrefix, type IpPrefix } from '../../ip/prefix.ts';

const families: readonly IpFamily[] = [4, 6];

/** BFD as BIRD would do it when told nothing; bird.conf needs the defines even where BFD is off. */
const unusedBfd = { interval: 100, multiplier: 3 };

export function renderSite({ name, pop, config }: PopSlice): string {
  const { service, bgp } = config;
  const hosts = service.addresses.map(hostPrefix);
  const bfd = bgp.bfd === 'off' ? unusedBfd : bgp.bfd;
  return [
    `# PoP ${name}: who we are. Made from anycast.yaml when the sidecar starts; change it there.`,
    '',
    define('ROUTER_ID', pop.routerId.text),
    define('SERVICE_AS', service.asn),
    '',
    '# Exactly these may be announced.',
    ...families.map(family => define(`SERVICE${family}`, prefixSet(hosts, family))),
    ...families.map(family => define(`FALLBACK${family}`, prefixSet(service.fallback, family))),
    ...families.map(family =>
      define(`EXPORT_LIMIT${family}`, exportLimit([...hosts, ...service.fallback], family)),
    ),
    '',
    '# Seconds; milliseconds.',
    define('HOLD_TIME', Math.ceil(bgp.holdTime / 1000)),
    define('BFD_OFF', bgp.bfd === 'off' ? 1 : 0),
    define('BFD_INTERVAL', Math.max(1, Math.round(bfd.interval))),
    define('BFD_MULTIPLIER', bfd.multiplier),
    '',
    '# Whether no default route is imported.',
    define('IMPORT_OFF', bgp.import === 'none' ? 1 : 0),
    '',
    '# The only routes there are. The next hop of a blackhole route is our own address on the session, as it should be.',
    ...families.map(family => routes(`service_routes${family}`, hosts, family)),
    ...families.map(family => routes(`fallback_routes${family}`, service.fallback, family)),
  ].join('\n');
}

function define(name: string, value: string | number): string {
  return `define ${name} = ${value};`;
}

/** A BIRD prefix set without `+`, `-` or `{}`: it matches these prefixes and no longer or shorter one. */
function prefixSet(prefixes: readonly IpPrefix[], family: IpFamily): string {
  return `[ ${ofFamily(prefixes, family).join(', ')} ]`.replace('[  ]', '[]');
}

function exportLimit(prefixes: readonly IpPrefix[], family: IpFamily): number {
  // Never 0: a family of which nothing may leave is already shut by its empty sets.
  return Math.max(1, ofFamily(prefixes, family).length);
}

function routes(template: string, prefixes: readonly IpPrefix[], family: IpFamily): string {
  const lines = ofFamily(prefixes, family).map(prefix => `  route ${prefix} blackhole;\n`);
  return `template static ${template} {\n  ipv${family};\n${lines.join('')}}\n`;
}

function ofFamily(prefixes: readonly IpPrefix[], family: IpFamily): string[] {
  return prefixes.filter(prefix => prefix.family === family).map(prefix => prefix.text);
}
