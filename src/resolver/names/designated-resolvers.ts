/**
 * Tells clients of plain DNS where the same resolver speaks over TLS and HTTPS (RFC 9462 section 4): SVCB records of
 * `_dns.resolver.arpa`, made of the transports that are configured.
 *
 * A client believes them when the certificate at the other end names the address that it asked (section 4.2), so that the
 * certificate needs the service addresses among its names.
 */
import type { AnycastConfig } from '../../config/anycast-config.ts';
import type { ResourceRecord } from '../../dns/message.ts';
import { parseName, rootName } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { parseServiceParameters } from '../../dns/text/parse-service-parameters.ts';
import { tokensOf } from '../../dns/text/tokens.ts';

const owner = parseName('_dns.resolver.arpa.') ?? rootName;

/** Seconds: what is told here changes with the configuration. */
const ttl = 300;

/** Those that ALPN stands for (RFC 7858 section 3.1, RFC 8484 section 4.1). */
const usualPorts = { dot: 853, doh: 443 };

/** DNS over TLS first: it costs both sides less. Empty unless `names.discovery` gives the resolver a name. */
export function designatedResolvers({ service, resolver }: AnycastConfig): ResourceRecord[] {
  const { names, transports } = resolver;
  if (!names.discovery) return [];
  const target = names.discovery.name;
  const { dot, doh } = transports;
  const hints = ([4, 6] as const).flatMap(family => {
    const texts = service.addresses.filter(address => address.family === family).map(({ text }) => text);
    return texts.length === 0 ? [] : [`ipv${family}hint=${texts.join(',')}`];
  });
  const port = (number: number, usual: number): string[] => (number === usual ? [] : [`port=${number}`]);
  const ways = [
    ...(dot ? [['alpn=dot', ...port(dot.port, usualPorts.dot)]] : []),
    // RFC 9461 section 5: a template, relative to the target.
    ...(doh ? [['alpn=h2', ...port(doh.port, usualPorts.doh), `dohpath=${doh.path}{?dns}`]] : []),
  ];
  return ways.map((parameters, index) => ({
    name: owner,
    type: recordTypes.SVCB,
    class: recordClasses.IN,
    ttl,
    rdata: {
      kind: 'SVCB',
      priority: index + 1,
      target,
      parameters: parseServiceParameters(tokensOf([...parameters, ...hints].join(' ')).tokens),
    },
  }));
}
