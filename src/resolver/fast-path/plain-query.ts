/**
 * Reads the queries that nearly all are: one question, at most an OPT record, nothing out of the ordinary. It says no to
 * everything else, to malformed octets too, and leaves no trace of having looked.
 */
import { minUdpPayloadSize, optionCodes, optionHeadSize, optionLimit } from '../../dns/edns.ts';
import { headerSize } from '../../dns/header.ts';
import { maxLabelLength, maxNameLength } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { plainUdpSize, udpPayloadSize } from '../listeners/udp-sizes.ts';
import type { FastQuery } from './fast-path.ts';
import type { KeyedQuestion } from './question-key.ts';

/** RD alone: a query of opcode QUERY. */
const recursionDesired = 0x01;
/** The fourth octet may have AD, which no reply goes by, and CD. */
const otherFlags = 0xcf;
const checkingDisabled = 0x10;
const dnssecOk = 0x80;

/** Octets of a question besides its name. */
export const questionTail = 4;
/** Of an OPT record before its options: root, type, class, TTL, length. */
const optHead = 11;

/** Those that no reply over UDP goes by. Others are the pipeline's, lest one be passed over that it has learnt to read. */
const idle: ReadonlySet<number> = new Set([
  optionCodes.clientSubnet,
  optionCodes.expire,
  optionCodes.tcpKeepalive,
  optionCodes.padding,
  optionCodes.chain,
  optionCodes.keyTag,
]);

export class PlainQuery implements KeyedQuestion {
  octets: Uint8Array = new Uint8Array();
  nameAt = 0;
  nameLength = 0;
  type = 0;
  checkingDisabled = false;
  hasEdns = false;
  dnssecOk = false;
  /** Octets of the longest reply that may be sent. */
  replyLimit = plainUdpSize;
  asksNsid = false;
  /** The first cookie's octets; -1 where there is none. */
  cookieLength = -1;
  cookieAt = 0;

  /** Whether the query is plain; the fields are its own then. */
  read({ octets, at, length }: FastQuery): boolean {
    if (length < headerSize + 1 + questionTail) return false;
    const additionals = octets[at + 11] ?? 0;
    if (octets[at + 2] !== recursionDesired || ((octets[at + 3] ?? 0) & otherFlags) !== 0) return false;
    if (octets[at + 5] !== 1 || additionals > 1) return false;
    const others =
      (octets[at + 4] ?? 0) |
      (octets[at + 6] ?? 0) |
      (octets[at + 7] ?? 0) |
      (octets[at + 8] ?? 0) |
      (octets[at + 9] ?? 0) |
      (octets[at + 10] ?? 0);
    if (others !== 0) return false;
    this.octets = octets;
    this.checkingDisabled = ((octets[at + 3] ?? 0) & checkingDisabled) !== 0;
    const end = at + length;
    const optAt = this.#readQuestion(at + headerSize, end);
    if (optAt < 0) return false;
    this.hasEdns = additionals === 1;
    this.dnssecOk = false;
    this.replyLimit = plainUdpSize;
    this.asksNsid = false;
    this.cookieLength = -1;
    return this.hasEdns ? this.#readOpt(optAt, end) : optAt === end;
  }

  /** Where the question ends; -1 for one that is not plain. */
  #readQuestion(from: number, end: number): number {
    const { octets } = this;
    let at = from;
    for (;;) {
      // One past the end reads as the root, and is found to be past it below.
      const label = at < end ? (octets[at] ?? 0) : 0;
      if (label === 0) break;
      if (label > maxLabelLength) return -1;
      at += 1 + label;
    }
    const nameEnd = at + 1;
    if (nameEnd + questionTail > end || nameEnd - from > maxNameLength) return -1;
    if (octets[nameEnd + 2] !== 0 || octets[nameEnd + 3] !== recordClasses.IN) return -1;
    this.nameAt = from;
    this.nameLength = nameEnd - from;
    this.type = ((octets[nameEnd] ?? 0) << 8) | (octets[nameEnd + 1] ?? 0);
    return nameEnd + questionTail;
  }

  #readOpt(at: number, end: number): boolean {
    const { octets } = this;
    if (at + optHead > end || octets[at] !== 0) return false;
    if (octets[at + 1] !== 0 || octets[at + 2] !== recordTypes.OPT) return false;
    // The version; a rcode's high half before it means nothing in a query.
    if (octets[at + 6] !== 0) return false;
    if (at + optHead + this.#uint16(at + 9) !== end) return false;
    this.dnssecOk = ((octets[at + 7] ?? 0) & dnssecOk) !== 0;
    this.replyLimit = Math.min(Math.max(this.#uint16(at + 3), minUdpPayloadSize), udpPayloadSize);
    return this.#readOptions(at + optHead, end);
  }

  #readOptions(from: number, end: number): boolean {
    let count = 0;
    let at = from;
    while (at < end) {
      if (at + optionHeadSize > end || count === optionLimit) return false;
      const code = this.#uint16(at);
      const length = this.#uint16(at + 2);
      at += optionHeadSize;
      if (at + length > end) return false;
      if (code === optionCodes.nsid) this.asksNsid = true;
      else if (code === optionCodes.cookie) {
        if (this.cookieLength < 0) {
          this.cookieLength = length;
          this.cookieAt = at;
        }
      } else if (!idle.has(code)) return false;
      at += length;
      count += 1;
    }
    return true;
  }

  #uint16(at: number): number {
    return ((this.octets[at] ?? 0) << 8) | (this.octets[at + 1] ?? 0);
  }
}
