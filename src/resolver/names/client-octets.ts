/** The octets of a client's address as its socket gives it: without the interface of a link-local one, IPv4 out of IPv6. */
import { parseIpAddress, unmapped } from '../../ip/address.ts';

/** Empty, and so in no prefix, for what is no address. */
export function clientOctets(text: string): Uint8Array {
  const at = text.indexOf('%');
  const address = parseIpAddress(at < 0 ? text : text.slice(0, at));
  return address ? unmapped(address).octets : none;
}

const none = new Uint8Array(0);
