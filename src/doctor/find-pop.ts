/** Which PoP this host is, when nobody says: the one whose management address it has. */
import { networkInterfaces } from 'node:os';
import type { AnycastConfig } from '../config/anycast-config.ts';
import { parseIpAddress } from '../ip/address.ts';

/** The PoP's name; undefined when the host has an address of none, or of more than one as in a lab on one machine. */
export function recognisedPop({ pops }: Pick<AnycastConfig, 'pops'>): string | undefined {
  const here = new Set(
    Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.map(({ address }) => parseIpAddress(address)?.text),
    ),
  );
  const found = Object.entries(pops).filter(([, { management }]) =>
    management.some(({ text }) => here.has(text)),
  );
  return found.length === 1 ? found[0]?.[0] : undefined;
}
