/**
 * ARP for a service address on a shared LAN (ip-sysctl.rst, arp_ignore and arp_announce).
 *
 * By default Linux answers ARP on any interface for any address of the host, `lo` included. Where several PoPs' hosts
 * share a LAN whose prefix holds the service address, they would all answer. IPv6 has no such habit: a neighbour
 * solicitation is answered for the interface's own addresses only.
 */
import type { Examination } from '../examination.ts';
import { type Finding, pass, skip, warn } from '../finding.ts';
import { type Interface, outwardOf } from '../host/interfaces.ts';
import { readSysctl, setSysctls } from '../host/sysctl.ts';

const keyOf = (name: string, setting: string): readonly string[] => ['net', 'ipv4', 'conf', name, setting];

/** A prefix at least this long has room for two hosts: the router and us (RFC 3021). */
const pointToPoint = 30;

export const arpExamination: Examination = {
  name: 'arp',
  looksAt: 'ARP',
  needs: 'host',
  async examine({ host }) {
    const shared = outwardOf(await host.interfaces()).filter(isSharedLan);
    if (shared.length === 0) return [pass('ARP', 'no interface with IPv4 is on a shared LAN')];
    return await Promise.all(
      shared.map(async ({ name }) =>
        judgeArp({
          name,
          ignore: await effective(name, 'arp_ignore'),
          announce: await effective(name, 'arp_announce'),
        }),
      ),
    );
  },
};

export function isSharedLan({ usesArp, addresses }: Interface): boolean {
  return (
    usesArp &&
    addresses.some(({ address, prefixLength }) => address.family === 4 && prefixLength < pointToPoint)
  );
}

export function judgeArp(seen: {
  readonly name: string;
  readonly ignore: number | undefined;
  readonly announce: number | undefined;
}): Finding {
  const { name, ignore, announce } = seen;
  const about = `ARP ${name}`;
  if (ignore === undefined || announce === undefined)
    return skip(about, 'this kernel does not show its ARP settings');
  const wrong = [
    ...(ignore === 0 ? ['arp_ignore 0: answers for a service address on lo'] : []),
    ...(announce < 2 ? [`arp_announce ${announce}: may name the service address as sender`] : []),
  ];
  if (wrong.length === 0) return pass(about, `arp_ignore ${ignore}, arp_announce ${announce}`);
  const remedies = setSysctls(
    ...(ignore === 0 ? [[keyOf('all', 'arp_ignore'), 1] as const] : []),
    ...(announce < 2 ? [[keyOf('all', 'arp_announce'), 2] as const] : []),
  );
  return warn(about, wrong.join('; '), ...remedies);
}

async function effective(name: string, setting: string): Promise<number | undefined> {
  const all = await readSysctl(keyOf('all', setting));
  const own = await readSysctl(keyOf(name, setting));
  return all === undefined || own === undefined ? undefined : Math.max(all, own);
}
