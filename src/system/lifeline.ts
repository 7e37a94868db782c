/**
 * A lifeline: a FIFO that ends at the very moment its process is killed, however large that is.
 *
 * The kernel closes the files of a killed process after it has freed its memory: here 0.1 to 0.3 ms for each megabyte, so
 * that the control socket of a resolver with a full cache stays open for a tenth of a second after its death. Threads that
 * end give up the memory one by one, though, and the last one frees it. So a thread that has a file table of its own holds
 * the writing end, and does nothing else: it goes in the first milliseconds. (Should it be the last thread, then all other
 * files have closed before: who watches both the lifeline and a socket always hears of it early.)
 *
 * The thread is made by clone(2) without CLONE_FILES, and sleeps in pthread_barrier_wait: of the C library's functions one
 * that takes a single pointer, waits, and uses nothing of the thread's own storage, which this thread shares with its maker.
 * Every signal is blocked in it. What was open when it was made stays open in it too; so it is made before anything else.
 *
 * A reader sees end of file. A FIFO that nobody holds is told apart from one that ended while it was watched. It is made under
 * a name of the process's own and shown when that is sure to be the one that is meant: a second process must not take the
 * first one's place before it has been refused.
 */
import { chmodSync, closeSync, constants, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { describeError } from './fault.ts';

export interface HeldLifeline extends Disposable {
  /** Why there is none; undefined when it is held. */
  readonly lacking: string | undefined;
  /** Whether it can be watched. */
  readonly isShown: boolean;
  /** Puts it in the place of what is at its path; only then can it be watched. */
  show(): void;
}

export interface WatchedLifeline extends Disposable {
  /** Resolves when it has ended; never, when nobody held it or the watch was disposed of. */
  readonly ended: Promise<void>;
}

/** Only the agent's group may read, and nobody else may write: who did would keep it alive. */
const mode = 0o640;

/** sched.h, alike on all of Linux: VM, FS, SIGHAND, THREAD and SYSVSEM, and not FILES (0x400). */
const cloneFlags = 0x100 | 0x200 | 0x800 | 0x10000 | 0x40000;

/** mman.h: readable and writable; private and anonymous. */
const protection = 0x1 | 0x2;
const mapping = 0x02 | 0x20;

/** Octets: the barrier at the start (32 in glibc), the thread's stack at the end. They stay until the process ends. */
const areaOctets = 32_768;

/** Octets of glibc's sigset_t, and SIG_SETMASK. */
const signalSetOctets = 128;
const setMask = 2;

/** Holds the lifeline that will be at `path`. Where none can be held there is none, also when it is shown, and it says why. */
export async function holdLifeline(path: string): Promise<HeldLifeline> {
  const hidden = `${path}.${process.pid}`;
  let isShown = false;
  let release: () => void;
  try {
    release = await startHolder(hidden);
  } catch (error) {
    const lacking = describeError(error);
    rmSync(hidden, { force: true });
    return { lacking, isShown, show: () => rmSync(path, { force: true }), [Symbol.dispose]: () => undefined };
  }
  return {
    lacking: undefined,
    get isShown() {
      return isShown;
    },
    show: () => {
      renameSync(hidden, path);
      isShown = true;
    },
    [Symbol.dispose]: () => {
      release();
      rmSync(isShown ? path : hidden, { force: true });
    },
  };
}

/** Watches the lifeline at `path`, where there is one. */
export function watchLifeline(path: string): WatchedLifeline {
  const ended = Promise.withResolvers<void>();
  const descriptor = openHeld(path);
  if (descriptor === undefined) return { ended: ended.promise, [Symbol.dispose]: () => undefined };
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  socket.on('end', ended.resolve);
  socket.on('error', () => socket.destroy());
  socket.resume();
  return { ended: ended.promise, [Symbol.dispose]: () => void socket.destroy() };
}

/** Undefined when it is not there, or at its end already. */
function openHeld(path: string): number | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    readSync(descriptor, new Uint8Array(1));
  } catch (error) {
    // Nothing to read, and somebody who might write.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return descriptor;
  }
  if (descriptor !== undefined) closeSync(descriptor);
  return undefined;
}

interface Libc {
  mkfifo(path: string, mode: number): number;
  mmap(at: null, octets: number, protection: number, flags: number, fd: number, offset: number): unknown;
  fillSignals(set: Uint8Array): number;
  maskSignals(how: number, set: Uint8Array, before: Uint8Array | null): number;
  initBarrier(barrier: bigint, attributes: null, count: number): number;
  waitAtBarrier(barrier: bigint): number;
  clone(run: bigint, stackTop: bigint, flags: number, argument: bigint): number;
  addressOf(pointer: unknown): bigint;
  readonly waitAtBarrierAddress: bigint;
}

/** Not before a lifeline is wanted: most of the kit's processes hold none. @throws where there is no glibc, or no koffi for it. */
async function loadLibc(): Promise<Libc> {
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  return {
    mkfifo: libc.func('int mkfifo(const char *path, uint mode)'),
    mmap: libc.func('void *mmap(void *at, size_t octets, int protection, int flags, int fd, long offset)'),
    fillSignals: libc.func('int sigfillset(void *set)'),
    maskSignals: libc.func('int pthread_sigmask(int how, void *set, void *before)'),
    initBarrier: libc.func('int pthread_barrier_init(void *barrier, void *attributes, uint count)'),
    waitAtBarrier: libc.func('int pthread_barrier_wait(void *barrier)'),
    clone: libc.func('int clone(void *run, void *stackTop, int flags, void *argument)'),
    addressOf: pointer => koffi.address(pointer),
    waitAtBarrierAddress: koffi.address(libc.symbol('pthread_barrier_wait')),
  };
}

/** Makes the FIFO, and the thread that holds it. Gives what ends the thread. */
async function startHolder(path: string): Promise<() => void> {
  const libc = await loadLibc();
  rmSync(path, { force: true });
  if (libc.mkfifo(path, mode) !== 0) throw new Error(`cannot make the FIFO ${path}`);
  // As it is asked for, whatever the umask.
  chmodSync(path, mode);
  // To write alone would wait for a reader. Linux opens a FIFO for both (fifo(7)).
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    return startThread(libc);
  } finally {
    closeSync(descriptor);
  }
}

/** A thread with all files that are open now. Gives what ends it. */
function startThread(libc: Libc): () => void {
  const barrier = libc.addressOf(libc.mmap(null, areaOctets, protection, mapping, -1, 0));
  libc.initBarrier(barrier, null, 2);
  const all = new Uint8Array(signalSetOctets);
  const before = new Uint8Array(signalSetOctets);
  libc.fillSignals(all);
  libc.maskSignals(setMask, all, before);
  try {
    const thread = libc.clone(libc.waitAtBarrierAddress, barrier + BigInt(areaOctets), cloneFlags, barrier);
    if (thread < 0) throw new Error('cannot start a thread (clone)');
  } finally {
    libc.maskSignals(setMask, before, null);
  }
  let isHeld = true;
  return () => {
    // It is the second at the barrier: both go on, the thread to its end.
    if (isHeld) libc.waitAtBarrier(barrier);
    isHeld = false;
  };
}
