/** Sockets that take traffic on this host, as the kernel lists them below /proc/net. */
import { endianness } from 'node:os';
import { type IpAddress, type IpFamily, ipAddress } from '../../ip/address.ts';
import { readFileIfAny } from '../../system/files.ts';

export type Transport = 'udp' | 'tcp';

export interface ListeningSocket {
  readonly transport: Transport;
  readonly address: IpAddress;
  readonly port: number;
  /** The user it belongs to. */
  readonly uid: number;
  /** What the owner's file descriptors are called by: see `socket-owners.ts`. */
  readonly inode: number;
}

/** States of proc_net_tcp(5): 0A is LISTEN, and 07 an unconnected UDP socket. */
const takesTraffic: Readonly<Record<Transport, string>> = { tcp: '0A', udp: '07' };

const tables: readonly { readonly file: string; readonly transport: Transport }[] = [
  { file: 'udp', transport: 'udp' },
  { file: 'udp6', transport: 'udp' },
  { file: 'tcp', transport: 'tcp' },
  { file: 'tcp6', transport: 'tcp' },
];

export async function readListeningSockets(): Promise<ListeningSocket[]> {
  const texts = await Promise.all(tables.map(({ file }) => readFileIfAny(`/proc/net/${file}`)));
  return tables.flatMap(({ transport }, index) => parseSockets(texts[index] ?? '', transport));
}

/** The sockets of one of those files that take traffic. `order` is the byte order of the machine that wrote it. */
export function parseSockets(
  text: string,
  transport: Transport,
  order: 'LE' | 'BE' = endianness(),
): ListeningSocket[] {
  return text
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === takesTraffic[transport])
    .map(([, local = '', , , , , , uid, , inode]) => {
      const [address = '', port = ''] = local.split(':');
      return {
        transport,
        address: ipAddress(octetsOf(address, order)),
        port: Number.parseInt(port, 16),
        uid: Number(uid),
        inode: Number(inode),
      };
    });
}

/** Whether a socket stands in the way of one that is to be bound to `wanted`. */
export function takes(
  socket: ListeningSocket,
  wanted: { readonly transport: Transport; readonly address: IpAddress; readonly port: number },
): boolean {
  if (socket.transport !== wanted.transport || socket.port !== wanted.port) return false;
  if (socket.address.text === wanted.address.text) return true;
  // An IPv6 socket on `::` takes IPv4 as well unless it was told not to, which the kernel does not show.
  return isWildcard(socket.address) && (socket.address.family === 6 || wanted.address.family === 4);
}

export function isWildcard(address: IpAddress): boolean {
  return address.octets.every(octet => octet === 0);
}

export function wildcard(family: IpFamily): IpAddress {
  return ipAddress(new Uint8Array(family === 4 ? 4 : 16));
}

/** Words of 32 bits, each printed as the number it is in the machine's own byte order. */
function octetsOf(hex: string, order: 'LE' | 'BE'): Uint8Array {
  const octets = Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
  if (order === 'LE') for (let at = 0; at < octets.length; at += 4) octets.subarray(at, at + 4).reverse();
  return octets;
}
