/** Refuses clients outside the access list, so that the resolver is never an open one. The PoPs themselves always pass. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { rcodes } from '../../dns/rcode.ts';
import { parseIpAddress, unmapped } from '../../ip/address.ts';
import { hostPrefix, type IpPrefix, parseIpPrefix, prefixContains } from '../../ip/prefix.ts';
import type { Policy } from '../policy.ts';
import { emptyReply } from '../reply.ts';

/** Decisions remembered by address text, so that a known client costs one look-up; emptied when full. */
const rememberedClients = 16_384;

export const access: Policy = {
  name: 'access',
  stage: 'access',
  create: slice => {
    const isAdmitted = accessList(slice);
    return (query, next) =>
      isAdmitted(query.client.address) ? next(query) : emptyReply(rcodes.REFUSED, 'prohibited');
  },
};

/** Whether a client at this address (text, as the socket gives it) is answered. */
export function accessList(slice: PopSlice): (address: string) => boolean {
  const admitted = admittedPrefixes(slice);
  const known = new Map<string, boolean>();
  return text => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const address = parseIpAddress(withoutZone(text));
    const { octets } = address ? unmapped(address) : { octets: new Uint8Array() };
    const isAdmitted = admitted.some(prefix => prefixContains(prefix, octets));
    if (known.size >= rememberedClients) known.clear();
    known.set(text, isAdmitted);
    return isAdmitted;
  };
}

/** Of whom is answered. */
export function admittedPrefixes({ config }: PopSlice): readonly IpPrefix[] {
  const own = [...config.service.addresses, ...Object.values(config.pops).flatMap(pop => pop.management)];
  return [...config.resolver.accessList, ...own.map(hostPrefix), ...loopback];
}

const loopback = ['127.0.0.0/8', '::1/128'].flatMap(text => parseIpPrefix(text) ?? []);

/** Link-local clients come with the name of their interface, `fe80::1%eth0`. */
function withoutZone(text: string): string {
  const at = text.indexOf('%');
  return at < 0 ? text : text.slice(0, at);
}
