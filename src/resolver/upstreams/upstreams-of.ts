/** The upstreams of a PoP, from its configuration: one value per server, whatever number of zones it serves. */
import { readFileSync } from 'node:fs';
import { addressOf, type PopSlice } from '../../config/anycast-config.ts';
import { parseName, rootName } from '../../dns/name.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { ForwardZone } from './forward-zones.ts';
import { Upstream, type UpstreamTls } from './upstream.ts';

type ConfiguredUpstream = PopSlice['config']['resolver']['forward'][number]['upstreams'][number];

/**
 * An upstream of a family in which the PoP has no management address cannot be asked and is left out.
 * `readText` gives the text of a file of authorities.
 * @throws Fault `config-invalid` when that leaves a zone without any, and when the PoP would ask itself.
 */
export function forwardZonesOf(
  { name: popName, pop, config }: PopSlice,
  readText: (path: string) => string = path => readFileSync(path, 'utf8'),
): ForwardZone[] {
  const upstreams = new Map<string, Upstream>();
  const upstreamAt = ({ address, ...ways }: ConfiguredUpstream): Upstream | undefined => {
    if (pop.management.some(own => own.text === address.text)) {
      throw new Fault(
        'config-invalid',
        `the upstream ${address.text} is a management address of ${popName}`,
        {
          hint: 'the resolver would ask itself; name another upstream',
        },
      );
    }
    const source = addressOf(pop.management, address.family);
    if (!source) return undefined;
    const key = JSON.stringify([address.text, ways]);
    const upstream = upstreams.get(key) ?? new Upstream(address, source, tlsOf(ways, readText));
    upstreams.set(key, upstream);
    return upstream;
  };
  return config.resolver.forward.map(({ zone, upstreams: configured }) => {
    const usable = configured.flatMap(each => upstreamAt(each) ?? []);
    if (usable.length === 0) {
      throw new Fault('config-invalid', `${popName} can reach no upstream of the zone ${zone}`, {
        hint: 'give it an upstream of a family in which the PoP has a management address',
      });
    }
    return { name: parseName(zone) ?? rootName, upstreams: usable };
  });
}

/** @throws Fault `config-invalid` when the authorities cannot be read. */
function tlsOf(
  { tls, https }: Omit<ConfiguredUpstream, 'address'>,
  readText: (path: string) => string,
): UpstreamTls | undefined {
  const said = https ?? tls;
  if (!said) return undefined;
  const { name, port, caFile } = said;
  try {
    const authorities = caFile === undefined ? undefined : readText(caFile);
    return { name, port, authorities, path: https?.path };
  } catch (cause) {
    throw new Fault('config-invalid', `cannot read the authorities of ${name}: ${describeError(cause)}`, {
      hint: 'caFile names a PEM file that the resolver may read',
      cause,
    });
  }
}
