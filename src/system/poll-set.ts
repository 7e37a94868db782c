/** Waiting for several sockets at once, and being woken from that by another thread: poll(2) and eventfd(2). */
import { closeDescriptor } from './batched-udp.ts';
import { errnos, type Libc, systemError } from './libc.ts';

/** POLLIN; errors are reported unasked. */
const pollIn = 0x1;

/** EFD_NONBLOCK and EFD_CLOEXEC. */
const eventFlags = 0o4000 | 0o2000000;

export class PollSet {
  readonly #libc: Libc;
  /** struct pollfd, two words each: the descriptor, then what is asked (low half) and what has happened. */
  #entries = new Int32Array(new ArrayBuffer(0));
  #address = 0n;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  watch(descriptors: readonly number[]): void {
    this.#entries = new Int32Array(new ArrayBuffer(descriptors.length * 8));
    this.#address = this.#libc.addressOf(this.#entries);
    descriptors.forEach((fd, index) => {
      this.#entries[index * 2] = fd;
      this.#entries[index * 2 + 1] = pollIn;
    });
  }

  /** Waits until one is readable or broken, -1 for as long as that takes; a signal may end it early. */
  wait(timeoutMs: number): void {
    const count = this.#entries.length / 2;
    if (this.#libc.poll(this.#address, count, timeoutMs) >= 0) return;
    const errno = this.#libc.errno();
    if (errno !== errnos.interrupted) throw systemError('poll', errno);
    for (let index = 0; index < count; index += 1) this.#entries[index * 2 + 1] = pollIn;
  }

  /** Whether there is something to take from the one with this place in the list, or an error to hear of. */
  isReady(index: number): boolean {
    return (this.#entries[index * 2 + 1] ?? 0) >>> 16 !== 0;
  }
}

/** A descriptor that is readable from `ring` until `clear`, whoever of the process's threads calls them. */
export class WakeUp implements Disposable {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #value = new BigUint64Array(new ArrayBuffer(8));
  readonly #address: bigint;

  /** Without `fd` a new one; `ring` and `clear` work on another thread's too. */
  constructor(libc: Libc, fd?: number) {
    this.#libc = libc;
    this.#address = libc.addressOf(this.#value);
    this.fd = fd ?? libc.eventfd(0, eventFlags);
    if (this.fd < 0) throw systemError('eventfd', libc.errno());
  }

  ring(): void {
    this.#value[0] = 1n;
    this.#libc.write(this.fd, this.#address, 8);
  }

  clear(): void {
    this.#libc.read(this.fd, this.#address, 8);
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#libc, this.fd);
  }
}
