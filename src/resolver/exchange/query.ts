/** The query sent to a server, and what counts as the answer to it (RFC 1035 section 7.3, RFC 5452 section 9.1). */
import { type EdnsOption, optionCodes } from '../../dns/edns.ts';
import { decodeHeader, headerSize } from '../../dns/header.ts';
import {
  type DecodingTally,
  decodeMessage,
  encodeMessage,
  type Message,
  type Question,
  type ResourceRecord,
} from '../../dns/message.ts';
import { equalNames, type Name } from '../../dns/name.ts';
import { opcodes } from '../../dns/opcode.ts';
import { rcodes } from '../../dns/rcode.ts';
import { WireFault } from '../../dns/wire-fault.ts';

export interface QueryFields {
  /** From a CSPRNG, new for every message sent. */
  readonly id: number;
  readonly question: Question;
  /** The question's name in a case that the answer must repeat; undefined: as it is, and the answer may have another. */
  readonly secretCase: Name | undefined;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** The DO bit; without EDNS when undefined. */
  readonly edns: { readonly dnssecOk: boolean } | undefined;
  /** Pads to a multiple of so many octets, where there is EDNS (RFC 8467). */
  readonly padTo?: number;
  /** What the cookie option says, where there is EDNS. */
  readonly cookie?: Uint8Array | undefined;
}

export interface Query {
  readonly id: number;
  readonly question: Question;
  /** The name as sent. */
  readonly sentName: Name;
  readonly isCaseSecret: boolean;
  readonly cookie?: Uint8Array | undefined;
  readonly octets: Uint8Array;
}

export interface Answer {
  readonly message: Message;
  /** Octets the message had. */
  readonly octets: number;
  /** Octets its compressed names expanded to. */
  readonly nameOctets: number;
  /** The name came back in the case it was sent in, or not at all. */
  readonly isCaseKept: boolean;
}

/**
 * What octets are that came where the answer is expected: the answer; `truncated`, there is more than fits, ask over TCP;
 * or not it: `near-miss` is a well-formed answer to something else, as a forger's guess is, `case-lost` one that is right
 * but for the case of the name, `junk` anything else. What is not the answer must not end the wait, or anyone could end it.
 */
export type Reading = Answer | 'truncated' | 'near-miss' | 'case-lost' | 'junk';

/** As large as crosses any IPv6 link unfragmented; fragments can be forged (RFC 9715). */
export const udpPayloadSize = 1232;

/** No client subnet (RFC 7871) is ever sent: it says who asks, and divides the one question under way into many. */
export function makeQuery(fields: QueryFields): Query {
  const { id, question, secretCase, edns, padTo, cookie } = fields;
  const { recursionDesired: rd, checkingDisabled: cd } = fields;
  const sentName = secretCase ?? question.name;
  const message = {
    id,
    opcode: opcodes.QUERY,
    rcode: rcodes.NOERROR,
    flags: { qr: false, aa: false, tc: false, rd, ra: false, ad: false, cd },
    questions: [{ name: sentName, type: question.type, class: question.class }],
    answers: none,
    authorities: none,
    additionals: none,
    edns: edns && { udpPayloadSize, version: 0, dnssecOk: edns.dnssecOk, options: optionsOf(cookie) },
  };
  const octets = encodeMessage(message, padTo === undefined ? {} : { padTo });
  return { id, question, sentName, isCaseSecret: secretCase !== undefined, cookie, octets };
}

const none: readonly ResourceRecord[] = [];

function optionsOf(cookie: Uint8Array | undefined): EdnsOption[] {
  return cookie ? [{ code: optionCodes.cookie, data: cookie }] : [];
}

/**
 * Reads octets that are the caller's to give away. In an answer the name gets back the case that it was asked in, and so
 * do the names that are compressed against it: a secret must not end up in caches and in clients' answers.
 * `isCaseSecret` is false over a connection, where nobody guesses: whether the server keeps the case is learned there.
 */
export function readAnswer(query: Query, octets: Uint8Array, isCaseSecret = query.isCaseSecret): Reading {
  const header = decodeHeader(octets);
  if (!header?.flags.qr || header.opcode !== opcodes.QUERY) return 'junk';
  if (header.id !== query.id) return 'near-miss';
  // Some servers cut a truncated answer in the middle of a record; it is of no use but for saying so.
  if (header.flags.tc) return 'truncated';
  const { sentName, question } = query;
  const isCaseKept = header.counts[0] > 0 && holdsAt(octets, headerSize, sentName);
  if (isCaseKept) octets.set(question.name, headerSize);
  const tally: DecodingTally = { nameOctets: 0 };
  try {
    const message = decodeMessage(octets, tally, header);
    const match = matchOf(question, message, isCaseKept || !isCaseSecret);
    if (match !== 'match') return match;
    const hasLostCase = message.questions.length > 0 && !isCaseKept;
    return { message, octets: octets.length, nameOctets: tally.nameOctets, isCaseKept: !hasLostCase };
  } catch (error) {
    if (error instanceof WireFault) return 'junk';
    throw error;
  }
}

function matchOf(asked: Question, { questions, rcode }: Message, isCaseRight: boolean) {
  const [question, ...others] = questions;
  // Servers that cannot read a query may not repeat its question (RFC 6891 section 7 speaks of them).
  if (!question) return isUnreadable(rcode) ? 'match' : 'junk';
  const isAbout =
    others.length === 0 &&
    question.type === asked.type &&
    question.class === asked.class &&
    equalNames(question.name, asked.name);
  if (!isAbout) return 'near-miss';
  return isCaseRight ? 'match' : 'case-lost';
}

function holdsAt(octets: Uint8Array, offset: number, expected: Uint8Array): boolean {
  if (octets.length < offset + expected.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    if (octets[offset + index] !== expected[index]) return false;
  }
  return true;
}

function isUnreadable(rcode: number): boolean {
  return rcode === rcodes.FORMERR || rcode === rcodes.NOTIMP;
}

/** RFC 6891 section 7: a server without EDNS answers FORMERR or NOTIMP, and no OPT record; one that botched it, BADVERS. */
export function rejectsEdns({ rcode, edns }: Message): boolean {
  return (edns === undefined && isUnreadable(rcode)) || rcode === rcodes.BADVERS;
}
