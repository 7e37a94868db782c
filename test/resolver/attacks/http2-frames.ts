/** HTTP/2 frames by hand (RFC 9113 section 4.1): what no honest client library sends. */
import { Buffer } from 'node:buffer';

export const frameTypes = {
  data: 0x0,
  headers: 0x1,
  rstStream: 0x3,
  settings: 0x4,
  ping: 0x6,
  continuation: 0x9,
} as const;

export const frameFlags = { endStream: 0x1, endHeaders: 0x4 } as const;

interface FrameFields {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Uint8Array;
}

export function frame({ type, flags = 0, stream = 0, payload = new Uint8Array(0) }: FrameFields): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The connection preface and empty SETTINGS (section 3.4). */
export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame({ type: frameTypes.settings }),
]);

/** A header block of literals without indexing (RFC 7541 section 6.2.2); names and values under 16 384 octets. */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.of(0),
    ...[name, value].flatMap(text => [hpackLength(text.length), Buffer.from(text)]),
  ]);
  return Buffer.concat(parts);
}

/** RFC 7541 section 5.1, with a prefix of 7 bits and no Huffman coding. */
function hpackLength(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const octets = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>= 7) octets.push((rest & 0x7f) | 0x80);
  return Buffer.from([...octets, rest]);
}

/** The header block of a GET of `path`. */
export function getBlock(path: string, more: Readonly<Record<string, string>> = {}): Buffer {
  return headerBlock({
    ':method': 'GET',
    ':scheme': 'https',
    ':authority': 'dns.example',
    ':path': path,
    ...more,
  });
}

/** The types of the frames in these octets. */
export function readFrames(octets: Buffer): { readonly type: number }[] {
  const frames: { type: number }[] = [];
  for (let at = 0; at + 9 <= octets.length; at += 9 + octets.readUIntBE(at, 3))
    frames.push({ type: octets.readUInt8(at + 3) });
  return frames;
}
