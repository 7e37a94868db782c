/** Writes what a reply has besides its records: header, the question as it came, and the OPT record. */
import { bareOptSize, optionCodes, optionHeadSize } from '../../dns/edns.ts';
import { headerSize } from '../../dns/header.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { udpPayloadSize } from '../listeners/udp-sizes.ts';
import type { FastQuery } from './fast-path.ts';
import { questionTail } from './plain-query.ts';

/** What of the query is said again. */
export interface AskedPlainly {
  readonly nameLength: number;
  readonly hasEdns: boolean;
  readonly dnssecOk: boolean;
}

export class PlainReply {
  /** The header's second pair of octets. */
  bits = 0;
  answerCount = 0;
  authorityCount = 0;
  rcodeHigh = 0;
  /** The options: cookie first, as `listeners/respond.ts` has it. */
  cookie: Uint8Array | undefined;
  nsid: Uint8Array | undefined;

  /** Octets of the OPT record. */
  optSize({ hasEdns }: AskedPlainly): number {
    return hasEdns ? bareOptSize + this.#optionsSize() : 0;
  }

  /** Writes around records that end at `recordsEnd` octets of the reply. */
  write({ octets, at, reply, replyAt }: FastQuery, asked: AskedPlainly, recordsEnd: number): void {
    const { bits } = this;
    reply[replyAt] = octets[at] ?? 0;
    reply[replyAt + 1] = octets[at + 1] ?? 0;
    reply[replyAt + 2] = bits >>> 8;
    reply[replyAt + 3] = bits;
    reply[replyAt + 4] = 0;
    reply[replyAt + 5] = 1;
    // Sections have at most 32 records each.
    reply[replyAt + 6] = 0;
    reply[replyAt + 7] = this.answerCount;
    reply[replyAt + 8] = 0;
    reply[replyAt + 9] = this.authorityCount;
    reply[replyAt + 10] = 0;
    reply[replyAt + 11] = asked.hasEdns ? 1 : 0;
    const questionEnd = headerSize + asked.nameLength + questionTail;
    for (let index = headerSize; index < questionEnd; index += 1)
      reply[replyAt + index] = octets[at + index] ?? 0;
    if (asked.hasEdns) this.#writeOpt(reply, replyAt + recordsEnd, asked.dnssecOk);
  }

  #writeOpt(reply: Uint8Array, start: number, dnssecOk: boolean): void {
    const { cookie, nsid } = this;
    const length = this.#optionsSize();
    reply[start] = 0;
    reply[start + 1] = 0;
    reply[start + 2] = recordTypes.OPT;
    reply[start + 3] = udpPayloadSize >> 8;
    reply[start + 4] = udpPayloadSize & 0xff;
    reply[start + 5] = this.rcodeHigh;
    reply[start + 6] = 0;
    reply[start + 7] = dnssecOk ? 0x80 : 0;
    reply[start + 8] = 0;
    reply[start + 9] = length >> 8;
    reply[start + 10] = length;
    let at = start + bareOptSize;
    if (cookie) at = writeOption(reply, at, { code: optionCodes.cookie, data: cookie });
    if (nsid) writeOption(reply, at, { code: optionCodes.nsid, data: nsid });
  }

  #optionsSize(): number {
    const { cookie, nsid } = this;
    return (cookie ? optionHeadSize + cookie.length : 0) + (nsid ? optionHeadSize + nsid.length : 0);
  }
}

/** The object is gone once this is inlined. */
function writeOption(
  reply: Uint8Array,
  at: number,
  { code, data }: { readonly code: number; readonly data: Uint8Array },
): number {
  const { length } = data;
  reply[at] = 0;
  reply[at + 1] = code;
  reply[at + 2] = length >> 8;
  reply[at + 3] = length;
  for (let index = 0; index < length; index += 1) reply[at + optionHeadSize + index] = data[index] ?? 0;
  return at + optionHeadSize + length;
}
