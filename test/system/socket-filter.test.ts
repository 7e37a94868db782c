import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closeDescriptor, openUdpSocket, whyNoBatchedUdp } from '../../src/system/batched-udp.ts';
import { openLibc } from '../../src/system/libc.ts';
import { assemble, chooseBy, networkHeader, type Step } from '../../src/system/socket-filter.ts';

const program: readonly Step[] = [
  { op: 'loadWord', value: networkHeader + 12 },
  { op: 'jumpIfEqual', value: 7, to: 'other' },
  { op: 'jump', to: 'end' },
  { label: 'other' },
  { op: 'give', value: 1 },
  { label: 'end' },
  { op: 'giveA' },
];

const skip = (await whyNoBatchedUdp()) ?? false;

describe('a program for the kernel', () => {
  it('is instructions of eight octets, whose jumps say how many are left out', () => {
    const octets = Buffer.from(assemble(program));
    const written = Array.from({ length: octets.length / 8 }, (_, index) => ({
      code: octets.readUInt16LE(index * 8),
      jumps: [octets[index * 8 + 2], octets[index * 8 + 3]],
      value: octets.readUInt32LE(index * 8 + 4),
    }));
    assert.deepEqual(written, [
      { code: 0x20, jumps: [0, 0], value: 0xfff0000c },
      { code: 0x15, jumps: [0, 1], value: 7 },
      { code: 0x05, jumps: [0, 0], value: 1 },
      { code: 0x06, jumps: [0, 0], value: 1 },
      { code: 0x16, jumps: [0, 0], value: 0 },
    ]);
  });

  it('has no jump back, to nowhere, or further than an instruction can say', () => {
    const many = Array.from({ length: 256 }, (): Step => ({ op: 'copyToX' }));
    for (const steps of [
      [{ label: 'back' }, { op: 'jump', to: 'back' }],
      [{ op: 'jump', to: 'nowhere' }],
      [{ op: 'jumpIfEqual', to: 'far' }, ...many, { label: 'far' }],
    ] as const)
      assert.throws(() => assemble(steps), RangeError);
  });

  it('is refused for a socket that shares no port', { skip }, async () => {
    const libc = await openLibc();
    const fd = openUdpSocket(libc, { endpoint: { octets: Uint8Array.of(127, 0, 0, 1), port: 0 } });
    assert.throws(() => chooseBy(libc, fd, program), { code: 'EINVAL', syscall: 'setsockopt' });
    closeDescriptor(libc, fd);
  });
});
