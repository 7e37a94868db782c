/** Which addresses are missing from an interface, as the kernel has it now. */
import { networkInterfaces } from 'node:os';
import { type IpAddress, parseIpAddress } from '../ip/address.ts';

/** One system call. An interface that is down has no addresses: it answers for none. */
export function missingFrom(networkInterface: string, addresses: readonly IpAddress[]): IpAddress[] {
  const present = new Set(
    (networkInterfaces()[networkInterface] ?? []).map(({ address }) => parseIpAddress(address)?.text),
  );
  return addresses.filter(address => !present.has(address.text));
}
