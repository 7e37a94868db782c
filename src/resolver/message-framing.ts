/** DNS over a stream: each message after two octets of length (RFC 1035 section 4.2.2, RFC 7766 section 8). */

/** Puts a stream's chunks together into messages. Joins chunks once per message, however small they come. */
export class MessageFraming {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Octets of the message under way, its length field included; undefined until that has come. */
  #awaited: number | undefined;

  /** Whether a message has begun and not ended. */
  get isWithinMessage(): boolean {
    return this.#length > 0;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole message, in memory of its own, or undefined until more has been added. */
  next(): Uint8Array | undefined {
    if (this.#length < 2) return undefined;
    this.#awaited ??= 2 + this.#joined().readUInt16BE(0);
    if (this.#length < this.#awaited) return undefined;
    const held = this.#joined();
    const message = new Uint8Array(held.subarray(2, this.#awaited));
    const rest = held.subarray(this.#awaited);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    this.#awaited = undefined;
    return message;
  }

  #joined(): Buffer {
    const [first, ...others] = this.#chunks;
    const joined = first && others.length === 0 ? first : Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/** The message after its length, in one piece: two writes could be two segments (RFC 7766 section 8). */
export function framed(message: Uint8Array): Buffer {
  const octets = Buffer.allocUnsafe(2 + message.length);
  octets.writeUInt16BE(message.length, 0);
  octets.set(message, 2);
  return octets;
}
