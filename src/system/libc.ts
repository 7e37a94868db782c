/** The C library's socket calls that Node has no word for, through koffi, which is loaded when they are asked for. */
import { getSystemErrorName } from 'node:util';

/** Each gives what the C function gives: -1 for an error, whose number `errno` then has. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, octets: number): number;
  bind(fd: number, address: Uint8Array, octets: number): number;
  getsockname(fd: number, address: Uint8Array, octets: Uint8Array): number;
  recvmmsg(fd: number, headers: bigint, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, headers: bigint, count: number, flags: number): number;
  poll(descriptors: bigint, count: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, octets: bigint, count: number): number;
  write(fd: number, octets: bigint, count: number): number;
  close(fd: number): number;
  if_indextoname(index: number, name: Uint8Array): bigint | null;
  /** Of this thread's last call that gave -1; to be read before anything else is called. */
  errno(): number;
  /** Where the first octet lies. It stays there as long as the buffer is referred to; nothing here refers to it. */
  addressOf(buffer: ArrayBufferView): bigint;
}

/** Linux's numbers, the same on x86-64 and arm64 (asm-generic/errno-base.h). */
export const errnos = { interrupted: 4, wouldBlock: 11 } as const;

/** The thread's own functions. @throws When koffi has no binary for this machine. */
export async function openLibc(): Promise<Libc> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  return {
    socket: library.func('socket', 'int', ['int', 'int', 'int']),
    setsockopt: library.func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']),
    bind: library.func('bind', 'int', ['int', 'void *', 'uint']),
    getsockname: library.func('getsockname', 'int', ['int', 'void *', 'void *']),
    recvmmsg: library.func('recvmmsg', 'int', ['int', 'void *', 'uint', 'int', 'void *']),
    sendmmsg: library.func('sendmmsg', 'int', ['int', 'void *', 'uint', 'int']),
    poll: library.func('poll', 'int', ['void *', 'ulong', 'int']),
    eventfd: library.func('eventfd', 'int', ['uint', 'int']),
    read: library.func('read', 'long', ['int', 'void *', 'size_t']),
    write: library.func('write', 'long', ['int', 'void *', 'size_t']),
    close: library.func('close', 'int', ['int']),
    if_indextoname: library.func('if_indextoname', 'void *', ['uint', 'void *']),
    errno: () => koffi.errno(),
    addressOf: buffer => koffi.address(buffer),
  };
}

/** As Node would throw it: with `code`, `syscall` and the negative `errno`. */
export function systemError(syscall: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -errno });
}
