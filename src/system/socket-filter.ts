/**
 * Programs that the kernel runs on each datagram before it is queued: classic BPF. Here they choose among the sockets that
 * share a port.
 *
 * A program sees the datagram's own octets from 0 on, its network header from `networkHeader` on, and what the kernel knows
 * besides from `ancillary` on. It gives the number of a socket, in the order in which they were bound; a load of what is
 * not there ends it with 0. Anyone may attach one to a socket of his own.
 *
 * Standards: Documentation/networking/filter.rst, socket(7) SO_ATTACH_REUSEPORT_CBPF.
 */
import { setSocketOption } from './batched-udp.ts';
import type { Libc } from './libc.ts';

/** SKF_NET_OFF, and SKF_AD_OFF with what lies there (linux/filter.h). */
export const networkHeader = -0x100000;
export const ancillary = { interfaceIndex: -0x1000 + 8 } as const;

/** Of the accumulator A, the index X and sixteen words of memory (linux/bpf_common.h). */
const codes = {
  loadWord: 0x20,
  loadWordAtX: 0x40,
  loadLength: 0x80,
  loadValue: 0x00,
  loadXFromMemory: 0x61,
  store: 0x02,
  copyToX: 0x07,
  subtract: 0x14,
  multiply: 0x24,
  shiftRight: 0x74,
  modulo: 0x94,
  addX: 0x0c,
  jump: 0x05,
  jumpIfEqual: 0x15,
  jumpIfEqualX: 0x1d,
  jumpIfAtLeast: 0x35,
  give: 0x06,
  giveA: 0x16,
} as const;

/** A jump goes to a label further on: of a condition, where it does not hold. */
export type Step =
  | { readonly label: string }
  | { readonly op: Exclude<keyof typeof codes, `jump${string}`>; readonly value?: number }
  | {
      readonly op: Extract<keyof typeof codes, `jump${string}`>;
      readonly value?: number;
      readonly to: string;
    };

/** struct sock_filter: code (16 bits), two jumps (8 each), value (32). */
const instructionOctets = 8;

/** SOL_SOCKET and SO_ATTACH_REUSEPORT_CBPF (asm-generic/socket.h). */
const socketLevel = 1;
const attachToGroup = 51;

/** From now on the program chooses, whichever socket of the group this is. @throws The operating system's error. */
export function chooseBy(libc: Libc, fd: number, steps: readonly Step[]): void {
  const program = assemble(steps);
  // struct sock_fprog: the number of instructions (16 bits), and a pointer on a boundary of its own size.
  const reference = new DataView(new ArrayBuffer(16));
  reference.setUint16(0, program.length / instructionOctets, true);
  reference.setBigUint64(8, libc.addressOf(program), true);
  setSocketOption(libc, fd, {
    level: socketLevel,
    option: attachToGroup,
    value: new Uint8Array(reference.buffer),
  });
}

export function assemble(steps: readonly Step[]): Uint8Array {
  const instructions = steps.filter(step => 'op' in step);
  const labels = new Map<string, number>();
  let next = 0;
  for (const step of steps) {
    if ('label' in step) labels.set(step.label, next);
    else next += 1;
  }
  const program = new DataView(new ArrayBuffer(instructions.length * instructionOctets));
  for (const [index, step] of instructions.entries()) {
    const at = index * instructionOctets;
    const skipped = 'to' in step ? distance(labels, step.to, index) : 0;
    program.setUint16(at, codes[step.op], true);
    if (step.op !== 'jump') program.setUint8(at + 3, skipped);
    program.setUint32(at + 4, step.op === 'jump' ? skipped : (step.value ?? 0), true);
  }
  return new Uint8Array(program.buffer);
}

/** Instructions between this one and the label. */
function distance(labels: ReadonlyMap<string, number>, label: string, from: number): number {
  const skipped = (labels.get(label) ?? -1) - from - 1;
  if (skipped < 0 || skipped > 255) throw new RangeError(`no jump from ${from} to ${label}`);
  return skipped;
}
