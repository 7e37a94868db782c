/**
 * The cookie between us and one server (RFC 7873 sections 5.1 and 5.3, RFC 9018 section 3).
 *
 * Our half is drawn by chance for this server alone, and anew whenever none was sent for a while. Once the server has given
 * its half, an answer over UDP without the two is taken for a forger's; over a connection, where nobody guesses, for the word
 * of a server that has left cookies off, or never knew them. Such a server is sent none for a while.
 */
import { type Edns, findOption, optionCodes } from '../../dns/edns.ts';
import type { Entropy } from './entropy.ts';

/** RFC 7873 section 4: 8 octets of ours, then none or 8 to 32 of the server's. */
const ownOctets = 8;
const leastOctets = 16;
const mostOctets = 40;

/** RFC 9018 section 3: milliseconds until a server that knows no cookies is sent one again. */
const noneForMs = 300_000;

export class HeldCookie {
  #data: Uint8Array | undefined;
  #noneUntilMs = 0;

  /** Whether the server has given its half. */
  get isGiven(): boolean {
    return this.#data !== undefined && this.#data.length > ownOctets;
  }

  /** What the option of a query says; undefined where it is to have none. */
  toSend(nowMs: number, entropy: Entropy): Uint8Array | undefined {
    if (nowMs < this.#noneUntilMs) return undefined;
    this.#data ??= drawn(entropy);
    return this.#data;
  }

  /** An answer has come to a query that brought `sent`, and is believed. */
  heard(sent: Uint8Array, edns: Edns | undefined, nowMs: number): void {
    const held = this.#data;
    // Another answer may have ended it meanwhile.
    if (!held || !hasOwnHalf(held, sent)) return;
    const came = findOption(edns, optionCodes.cookie)?.data;
    if (!came || came.length < leastOctets || came.length > mostOctets || !hasOwnHalf(came, sent))
      this.leave(nowMs);
    else if (!isSame(came, held)) this.#data = came.slice();
  }

  /** Sends none for a while. */
  leave(nowMs: number): void {
    this.#data = undefined;
    this.#noneUntilMs = nowMs + noneForMs;
  }
}

/** Whether an answer over UDP to a query that brought `sent` has the cookie that its server would send (section 5.3). */
export function keepsCookie(sent: Uint8Array, edns: Edns | undefined): boolean {
  const came = findOption(edns, optionCodes.cookie)?.data;
  if (!came) return sent.length === ownOctets;
  const isLegal = came.length === ownOctets || (came.length >= leastOctets && came.length <= mostOctets);
  return isLegal && hasOwnHalf(came, sent);
}

function drawn(entropy: Entropy): Uint8Array {
  const data = new Uint8Array(ownOctets);
  for (let at = 0; at < ownOctets; at += 2) {
    const number = entropy.uint16();
    data[at] = number >> 8;
    data[at + 1] = number & 0xff;
  }
  return data;
}

function hasOwnHalf(came: Uint8Array, sent: Uint8Array): boolean {
  if (came.length < ownOctets) return false;
  for (let at = 0; at < ownOctets; at += 1) if (came[at] !== sent[at]) return false;
  return true;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at]);
}
