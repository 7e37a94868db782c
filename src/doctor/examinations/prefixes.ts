/**
 * Whether what this deployment announces can travel. Networks of the public Internet take no prefix longer than /24 and
 * /48 (RFC 7454 section 6.1.3): the /32 or /128 of a service address reaches the neighbours that agreed to it and ends
 * there. Everyone else sees the fallback prefix, which is not health-gated.
 */
import type { PopSlice, ServiceConfig } from '../../config/anycast-config.ts';
import type { IpAddress } from '../../ip/address.ts';
import { hostPrefix, type IpPrefix, parseIpPrefix, prefixContains } from '../../ip/prefix.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';

const longest = { 4: 24, 6: 48 } as const;

/** NO_EXPORT and NO_ADVERTISE (RFC 1997): the route stays with the neighbour. */
const staysCommunities = [
  [65_535, 65_281],
  [65_535, 65_282],
] as const;

/** RFC 1918, RFC 6598, RFC 4193: used inside networks only, where these limits do not hold. */
const privatePrefixes = parsed('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');

/** RFC 5737, RFC 2544, RFC 3849: nobody's, so that examples do no harm. */
const examplePrefixes = parsed(
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '198.18.0.0/15',
  '2001:db8::/32',
);

export const prefixesExamination: Examination = {
  name: 'prefixes',
  looksAt: 'prefixes',
  needs: 'pop',
  examine: async ({ config }: PopSlice) => judgePrefixes(config.service),
};

export function judgePrefixes(service: ServiceConfig): readonly Finding[] {
  const examples = service.addresses.filter(address => isIn(examplePrefixes, address));
  const reach = service.addresses.map(address => {
    const about = hostPrefix(address).text;
    return isIn(privatePrefixes, address)
      ? pass(about, 'a private address: the limits of the public Internet do not apply')
      : judgeReach(about, address, service);
  });
  if (examples.length === 0) return reach;
  return [
    ...reach,
    warn('for examples only', `${examples.map(({ text }) => text).join(', ')}: no network carries these`, {
      advice: 'in production service.addresses and service.fallback are of your own space',
    }),
  ];
}

function isIn(prefixes: readonly IpPrefix[], { octets }: IpAddress): boolean {
  return prefixes.some(prefix => prefixContains(prefix, octets));
}

function judgeReach(about: string, address: IpAddress, { fallback, announce }: ServiceConfig): Finding {
  const limit = longest[address.family];
  const covering = fallback.find(prefix => prefixContains(prefix, address.octets));
  const stays = announce.communities.some(([asn, value]) =>
    staysCommunities.some(([a, v]) => a === asn && v === value),
  );
  if (!covering) {
    const alone = stays
      ? 'no-export keeps it at the neighbours, and nothing else is announced'
      : `longer than /${limit}, most networks refuse it, and nothing else is announced`;
    return (stays ? warn : fail)(about, `${alone}: the rest of the Internet has no path`, {
      advice: `service.fallback: the /${limit} around it, which is yours to announce`,
    });
  }
  if (covering.length > limit) {
    return fail(about, `its fallback ${covering.text} is longer than /${limit}: most networks refuse it`, {
      advice: `announce the /${limit}: a shorter prefix of your own, or one leased for it`,
    });
  }
  if (stays) return pass(about, `stays at the neighbours (no-export); ${covering.text} travels`);
  return warn(
    about,
    `longer than /${limit} and without no-export: networks behind the neighbours may take or refuse it`,
    { advice: 'service.announce: { communities: [no-export] }, with neighbours that agreed to take it' },
    { advice: `whoever hears ${covering.text} only goes to the nearest PoP, healthy or not` },
  );
}

function parsed(...texts: readonly string[]): readonly IpPrefix[] {
  return texts.map(parseIpPrefix).filter(prefix => prefix !== undefined);
}
