/**
 * UDP sockets beside Node's, for whoever takes and sends datagrams by the batch.
 *
 * A socket is a number that belongs to its opener. It is bound here, on the thread that wants to hear why it cannot be, and
 * read where it suits: all threads of a process have the same descriptors. Nothing closes it but `closeDescriptor`, and
 * that only when no thread reads it any more, for its number may be another's a moment later.
 *
 * `datagram-batch.ts` has what a batch is read into and sent from, `poll-set.ts` the wait for several sockets. The layout
 * of structures and the numbers are Linux's on x86-64 and arm64, which are the same; elsewhere `whyNoBatchedUdp` says so.
 *
 * Standards: socket(2), udp(7), ip(7), ipv6(7), recvmmsg(2), sendmmsg(2), RFC 9715.
 */
import { type Libc, openLibc, systemError } from './libc.ts';
import { addressOctets, decodeEndpoint, encodeEndpoint, type SocketEndpoint } from './socket-address.ts';

/** Linux's numbers (asm-generic/socket.h, linux/in6.h). */
const families = { ipv4: 2, ipv6: 10 } as const;
const socketTypes = { datagram: 2, nonBlocking: 0o4000, closeOnExec: 0o2000000 } as const;
const levels = { ip: 0, socket: 1, ipv6: 41 } as const;
const socketOptions = {
  reuseAddress: 2,
  receiveBuffer: 8,
  reusePort: 15,
  receiveBufferForce: 33,
  ipv6Only: 26,
  mtuDiscover: { 4: 10, 6: 23 },
} as const;
/** IP_PMTUDISC_PROBE: what does not fit into the interface is refused, and what does is never cut, whatever ICMP says. */
const neverFragmented = 3;

export interface UdpSocketOptions {
  /** Port 0 is any that is free; `portOf` tells which. */
  readonly endpoint: SocketEndpoint;
  /** Whether it joins those that share the port already (`sharePort`). */
  readonly joinsPort?: boolean;
  /** Octets the kernel may hold; it grants no more than net.core.rmem_max to who may not exceed it. */
  readonly receiveBufferOctets?: number;
}

/** Why there are no batches here, for a log line; undefined when there are. */
export async function whyNoBatchedUdp(): Promise<string | undefined> {
  const { platform, arch } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    return `batched UDP is for Linux on x64 and arm64, this is ${platform} on ${arch}`;
  try {
    await openLibc();
    return undefined;
  } catch (error) {
    return `koffi cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * A bound socket that never blocks, and sends nothing in fragments: those can be replaced on their way (RFC 9715 section 3.1).
 * The kernel need not number such packets either, which is a tenth of what it takes to send one.
 * @throws The operating system's error, as Node would.
 */
export function openUdpSocket(libc: Libc, options: UdpSocketOptions): number {
  const { endpoint, joinsPort = false, receiveBufferOctets } = options;
  const isIpv6 = endpoint.octets.length === 16;
  const type = socketTypes.datagram | socketTypes.nonBlocking | socketTypes.closeOnExec;
  const fd = checked(libc, 'socket', libc.socket(isIpv6 ? families.ipv6 : families.ipv4, type, 0));
  try {
    if (isIpv6) setOption(libc, fd, { level: levels.ipv6, option: socketOptions.ipv6Only, value: 1 });
    const [level, option] = isIpv6
      ? [levels.ipv6, socketOptions.mtuDiscover[6]]
      : [levels.ip, socketOptions.mtuDiscover[4]];
    setOption(libc, fd, { level, option, value: neverFragmented });
    if (joinsPort) sharePort(libc, fd);
    const address = encodeEndpoint(endpoint);
    checked(libc, 'bind', libc.bind(fd, address, address.length));
    if (receiveBufferOctets !== undefined) growReceiveBuffer(libc, fd, receiveBufferOctets);
    return fd;
  } catch (error) {
    closeDescriptor(libc, fd);
    throw error;
  }
}

/**
 * From now on others of the same user may be bound to the same address and port, if they ask to be: the kernel deals the
 * clients out among them. Said of the first one after it was bound, so that a stranger who has the port is still noticed.
 */
export function sharePort(libc: Libc, fd: number): void {
  setOption(libc, fd, { level: levels.socket, option: socketOptions.reusePort, value: 1 });
}

/** What Node does to a descriptor that it is given: strangers could be bound to the same port. This takes it back. */
export function forbidReuse(libc: Libc, fd: number): void {
  setOption(libc, fd, { level: levels.socket, option: socketOptions.reuseAddress, value: 0 });
}

export function portOf(libc: Libc, fd: number): number {
  const address = new Uint8Array(addressOctets);
  const length = new Uint8Array(Int32Array.of(address.length).buffer);
  checked(libc, 'getsockname', libc.getsockname(fd, address, length));
  return decodeEndpoint(address).port;
}

export function closeDescriptor(libc: Libc, fd: number): void {
  libc.close(fd);
}

function growReceiveBuffer(libc: Libc, fd: number, octets: number): void {
  const { receiveBufferForce, receiveBuffer } = socketOptions;
  for (const option of [receiveBufferForce, receiveBuffer]) {
    try {
      setOption(libc, fd, { level: levels.socket, option, value: octets });
      return;
    } catch {
      // Without CAP_NET_ADMIN the second is as far as one gets, and without that the kernel's own size has to do.
    }
  }
}

export interface SocketOption<Value> {
  readonly level: number;
  readonly option: number;
  readonly value: Value;
}

/** @throws The operating system's error. */
export function setSocketOption(
  libc: Libc,
  fd: number,
  { level, option, value }: SocketOption<Uint8Array>,
): void {
  checked(libc, 'setsockopt', libc.setsockopt(fd, level, option, value, value.length));
}

function setOption(libc: Libc, fd: number, { level, option, value }: SocketOption<number>): void {
  setSocketOption(libc, fd, { level, option, value: new Uint8Array(Int32Array.of(value).buffer) });
}

function checked(libc: Libc, syscall: string, result: number): number {
  if (result < 0) throw systemError(syscall, libc.errno());
  return result;
}
