/** What the kernel counts of this network namespace's UDP sockets: /proc/net/udp and /proc/net/udp6 (proc(5)). */
import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';

/** The kernel gives whole lines, a page of them at most. */
const readOctets = 16 * 1024;

export interface UdpSocketCount {
  /** Of the socket, no two alive have the same. */
  readonly inode: string;
  /** Datagrams dropped because the receive buffer was full, and the few with a bad checksum. */
  readonly drops: number;
}

/** A bound address and port: 4 or 16 octets in network order. */
export interface UdpEndpoint {
  readonly octets: Uint8Array;
  readonly port: number;
}

/** The kernel's tables, held open: to open them anew costs several times what a look does. One look at a time. */
export class UdpSocketTables implements AsyncDisposable {
  readonly #files = new Map<string, Promise<FileHandle>>();

  /** The sockets bound to just these endpoints; several may share one. @throws The operating system's error. */
  async countsOf(endpoints: readonly UdpEndpoint[]): Promise<UdpSocketCount[]> {
    const look = async (path: string, length: number): Promise<UdpSocketCount[]> => {
      const wanted = endpoints.filter(({ octets }) => octets.length === length).map(endpointText);
      return wanted.length === 0 ? [] : findUdpSockets(await this.#text(path), wanted);
    };
    return [...(await look('/proc/net/udp', 4)), ...(await look('/proc/net/udp6', 16))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opening of this.#files.values()) await (await opening.catch(() => undefined))?.close();
  }

  /** Reading from the start makes the kernel write the table anew. */
  async #text(path: string): Promise<string> {
    const opening = this.#files.get(path) ?? open(path, 'r');
    this.#files.set(path, opening);
    const file = await opening;
    const pieces: string[] = [];
    const buffer = Buffer.allocUnsafe(readOctets);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return pieces.join('');
      pieces.push(buffer.toString('latin1', 0, bytesRead));
      position += bytesRead;
    }
  }
}

/** The lines of `table` whose local address reads as one of `wanted`. A table may have thousands: only those are parsed. */
export function findUdpSockets(table: string, wanted: readonly string[]): UdpSocketCount[] {
  return wanted.flatMap(local => {
    const found: UdpSocketCount[] = [];
    for (let at = table.indexOf(` ${local} `); at >= 0; at = table.indexOf(` ${local} `, at + 1)) {
      const start = table.lastIndexOf('\n', at) + 1;
      const end = table.indexOf('\n', at);
      const fields = table
        .slice(start, end < 0 ? undefined : end)
        .trim()
        .split(/\s+/);
      const [inode, drops] = [fields[9], Number(fields[12])];
      if (fields[1] === local && inode !== undefined && Number.isInteger(drops)) found.push({ inode, drops });
    }
    return found;
  });
}

/** As the tables write it: 32 bits at a time, in the machine's own order of octets, then the port, all in hexadecimal. */
export function endpointText({ octets, port }: UdpEndpoint): string {
  const words = Buffer.from(octets);
  if (endianness() === 'LE') words.swap32();
  return `${words.toString('hex')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}
