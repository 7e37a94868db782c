/**
 * Frame Streams: how dnstap messages follow each other in a file or over a socket (farsightsec/fstrm, fstrm/control.h).
 *
 * A data frame is its length (4 octets, big-endian) and its octets. A length of 0 announces a control frame: its own
 * length, its type, and fields (type, length, octets). A file holds START, data, STOP. Over a socket there is a handshake:
 * we send READY, the reader ACCEPT, we START; at the end we STOP and the reader says FINISH.
 */
export const controlTypes = { accept: 1, start: 2, stop: 3, ready: 4, finish: 5 } as const;
export type ControlType = (typeof controlTypes)[keyof typeof controlTypes];

/** The only field there is: what the data frames hold. */
const contentTypeField = 1;
const contentType = new TextEncoder().encode('protobuf:dnstap.Dnstap');

/** Octets of a control frame at most; the library's own limit (FSTRM_CONTROL_FRAME_LENGTH_MAX). */
const controlLimit = 512;

export function dataFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(4 + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.set(payload, 4);
  return frame;
}

/** READY, ACCEPT and START say what the data frames hold; STOP and FINISH say nothing. */
export function controlFrame(type: ControlType): Buffer {
  const isBare = type === controlTypes.stop || type === controlTypes.finish;
  const length = isBare ? 4 : 12 + contentType.length;
  const frame = Buffer.alloc(8 + length);
  frame.writeUInt32BE(length, 4);
  frame.writeUInt32BE(type, 8);
  if (isBare) return frame;
  frame.writeUInt32BE(contentTypeField, 12);
  frame.writeUInt32BE(contentType.length, 16);
  frame.set(contentType, 20);
  return frame;
}

/** Reads the control frames that a reader sends; a reader sends nothing else. */
export class ControlFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** The types of the frames that are whole now. @throws Error on what is no control frame, or is not for dnstap. */
  add(chunk: Uint8Array): ControlType[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const types: ControlType[] = [];
    for (;;) {
      if (this.#rest.length < 8) return types;
      const length = this.#rest.readUInt32BE(4);
      if (this.#rest.readUInt32BE(0) !== 0 || length < 4 || length > controlLimit)
        throw new Error('the reader does not speak Frame Streams');
      if (this.#rest.length < 8 + length) return types;
      types.push(controlTypeOf(this.#rest.subarray(8, 8 + length)));
      this.#rest = this.#rest.subarray(8 + length);
    }
  }
}

function controlTypeOf(frame: Buffer): ControlType {
  const type = frame.readUInt32BE(0);
  const known = Object.values(controlTypes).find(each => each === type);
  if (known === undefined) throw new Error(`the reader sent a control frame of unknown type ${type}`);
  // A reader that names no content type takes any.
  if (known === controlTypes.accept && frame.length > 4 && frame.indexOf(contentType) < 0)
    throw new Error('the reader does not take dnstap');
  return known;
}
