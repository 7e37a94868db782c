import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ControlFrames, controlFrame, controlTypes } from '../../../src/resolver/dnstap/frame-stream.ts';
import { ProtobufWriter } from '../../../src/resolver/dnstap/protobuf.ts';

/** A varint as the specification describes it: seven bits an octet, the least first. */
function readVarint(octets: Uint8Array, from: number): { value: bigint; next: number } {
  let value = 0n;
  for (let at = from, shift = 0n; ; at += 1, shift += 7n) {
    const octet = octets[at] ?? 0;
    value |= BigInt(octet & 0x7f) << shift;
    if (octet < 0x80) return { value, next: at + 1 };
  }
}

describe('protobuf fields', () => {
  it('are as the encoding guide shows them: 150 in field 1, "testing" in field 2', () => {
    const writer = new ProtobufWriter(64);
    writer.number(1, 150);
    writer.bytes(2, new TextEncoder().encode('testing'));
    assert.equal(Buffer.from(writer.written).toString('hex'), '08960112077465737469' + '6e67');
    writer.clear();
    writer.fixed32(9, 0x01020304);
    assert.equal(Buffer.from(writer.written).toString('hex'), '4d04030201');
  });

  it('hold any whole number up to 2^53', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 1000 }), (value, field) => {
        const writer = new ProtobufWriter(32);
        writer.number(field, value);
        const tag = readVarint(writer.written, 0);
        assert.equal(tag.value, BigInt(field) << 3n);
        const read = readVarint(writer.written, tag.next);
        assert.equal(read.value, BigInt(value));
        assert.equal(read.next, writer.written.length);
      }),
    );
  });
});

describe('control frames', () => {
  const { accept, finish, ready, stop } = controlTypes;

  it('are read however they are cut', () => {
    const octets = Buffer.concat([controlFrame(accept), controlFrame(finish)]);
    for (let cut = 0; cut <= octets.length; cut += 1) {
      const frames = new ControlFrames();
      const read = [...frames.add(octets.subarray(0, cut)), ...frames.add(octets.subarray(cut))];
      assert.deepEqual(read, [accept, finish]);
    }
  });

  it('name the content where they must, and only there', () => {
    assert.match(controlFrame(ready).toString('latin1'), /protobuf:dnstap\.Dnstap$/);
    assert.equal(controlFrame(stop).toString('hex'), '000000000000000400000003');
  });

  it('of another content, of another protocol and of endless length are refused', () => {
    const other = controlFrame(accept);
    other.write('protobuf:dnstep.Dnstap', other.length - 22, 'latin1');
    assert.throws(() => new ControlFrames().add(other), /does not take dnstap/);
    assert.throws(() => new ControlFrames().add(Buffer.from('GET / HTTP/1.1')), /Frame Streams/);
    assert.throws(() => new ControlFrames().add(Buffer.from('00000000ffffffff', 'hex')), /Frame Streams/);
  });
});
