/**
 * The four kinds of Protocol Buffers fields that dnstap has, written one after the other (protobuf.dev, "Encoding").
 *
 * By hand, since it is two dozen fields of one message that never changes: protobufjs would come into the query path with
 * a schema that is compiled at run time, and an object for each message.
 */
const varint = 0;
const lengthDelimited = 2;
const fixed32 = 5;

export class ProtobufWriter {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #length = 0;

  constructor(capacity: number) {
    this.#octets = new Uint8Array(capacity);
    this.#view = new DataView(this.#octets.buffer);
  }

  /** What has been written; valid until the next `clear`. */
  get written(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** An unsigned integer of at most 53 bits, or an enumeration's number. */
  number(field: number, value: number): void {
    this.#varint(field * 8 + varint);
    this.#varint(value);
  }

  fixed32(field: number, value: number): void {
    this.#varint(field * 8 + fixed32);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Octets, a string in UTF-8, or a message inside the message. */
  bytes(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + lengthDelimited);
    this.#varint(value.length);
    this.#octets.set(value, this.#length);
    this.#length += value.length;
  }

  #varint(value: number): void {
    let rest = value;
    // Not by bit operators: those know 32 bits, and seconds since 1970 will need more.
    while (rest > 0x7f) {
      this.#octets[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#octets[this.#length++] = rest;
  }
}
