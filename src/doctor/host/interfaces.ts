/** The host's interfaces and their addresses, as ip(8) shows them. */
import { type IpAddress, parseIpAddress } from '../../ip/address.ts';
import { runOrThrow } from '../../system/run.ts';

export interface HostAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** `global`, `link` or `host`: how far the kernel believes it to be valid. */
  readonly scope: string;
  /** Of IPv6: not usable before duplicate address detection is over, or for good where that found another owner. */
  readonly state: 'usable' | 'tentative' | 'duplicate' | 'deprecated';
}

export interface Interface {
  readonly name: string;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly isLoopback: boolean;
  /** Whether neighbours on the link are found with ARP. */
  readonly usesArp: boolean;
  readonly addresses: readonly HostAddress[];
}

/** What `ip -json address show` prints. @throws SyntaxError when it is not JSON. */
export function parseInterfaces(json: string): Interface[] {
  return (JSON.parse(json) as ShownInterface[])
    .filter(shown => shown.ifname !== undefined)
    .map(shown => ({
      name: shown.ifname ?? '',
      mtu: shown.mtu ?? 0,
      isUp: shown.flags?.includes('UP') === true,
      isLoopback: shown.flags?.includes('LOOPBACK') === true,
      usesArp: shown.link_type === 'ether' && shown.flags?.includes('NOARP') !== true,
      addresses: (shown.addr_info ?? []).flatMap(hostAddress),
    }));
}

export async function readInterfaces(signal: AbortSignal): Promise<Interface[]> {
  return parseInterfaces(await runOrThrow(['ip', '-json', 'address', 'show'], { signal }));
}

/** The interfaces that lead out of this host: up, with an address, and not `lo`. */
export function outwardOf(interfaces: readonly Interface[]): readonly Interface[] {
  return interfaces.filter(each => each.isUp && !each.isLoopback && each.addresses.length > 0);
}

/** Where an address is on this host; usually once, and nothing when it is not here. */
export function placesOf(
  { text }: IpAddress,
  interfaces: readonly Interface[],
): readonly { readonly on: Interface; readonly as: HostAddress }[] {
  return interfaces.flatMap(on =>
    on.addresses.filter(({ address }) => address.text === text).map(as => ({ on, as })),
  );
}

function hostAddress(shown: ShownAddress): HostAddress[] {
  const address = parseIpAddress(shown.local ?? '');
  if (!address) return [];
  return [
    {
      address,
      prefixLength: shown.prefixlen ?? 0,
      scope: shown.scope ?? 'global',
      state: stateOf(shown),
    },
  ];
}

function stateOf({ dadfailed, tentative, deprecated }: ShownAddress): HostAddress['state'] {
  if (dadfailed) return 'duplicate';
  if (tentative) return 'tentative';
  return deprecated ? 'deprecated' : 'usable';
}

interface ShownInterface {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  readonly link_type?: string;
  readonly addr_info?: readonly ShownAddress[];
}

interface ShownAddress {
  readonly local?: string;
  readonly prefixlen?: number;
  readonly scope?: string;
  readonly tentative?: boolean;
  readonly dadfailed?: boolean;
  readonly deprecated?: boolean;
}
