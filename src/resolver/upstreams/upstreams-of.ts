/** The upstreams of a PoP, from its configuration: one value per address, whatever number of zones it serves. */
import { addressOf, type PopSlice } from '../../config/anycast-config.ts';
import { parseName, rootName } from '../../dns/name.ts';
import type { IpAddress } from '../../ip/address.ts';
import { Fault } from '../../system/fault.ts';
import type { ForwardZone } from './forward-zones.ts';
import { Upstream } from './upstream.ts';

/**
 * An upstream of a family in which the PoP has no management address cannot be asked and is left out.
 * @throws Fault `config-invalid` when that leaves a zone without any, and when the PoP would ask itself.
 */
export function forwardZonesOf({ name: popName, pop, config }: PopSlice): ForwardZone[] {
  const upstreams = new Map<string, Upstream>();
  const upstreamAt = (address: IpAddress): Upstream | undefined => {
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
    const upstream = upstreams.get(address.text) ?? new Upstream(address, source);
    upstreams.set(address.text, upstream);
    return upstream;
  };
  return config.resolver.forward.map(({ zone, upstreams: addresses }) => {
    const usable = addresses.flatMap(address => upstreamAt(address) ?? []);
    if (usable.length === 0) {
      throw new Fault('config-invalid', `${popName} can reach no upstream of the zone ${zone}`, {
        hint: 'give it an upstream of a family in which the PoP has a management address',
      });
    }
    return { name: parseName(zone) ?? rootName, upstreams: usable };
  });
}
