/** The query sent to an upstream, and what counts as the answer to it. */
import { randomInt } from 'node:crypto';
import { decodeHeader } from '../../dns/header.ts';
import { decodeMessage, encodeMessage, type Message, type Question } from '../../dns/message.ts';
import { equalNames } from '../../dns/name.ts';
import { opcodes } from '../../dns/opcode.ts';
import { rcodes } from '../../dns/rcode.ts';
import { WireFault } from '../../dns/wire-fault.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';

export interface UpstreamQuery {
  /** From a CSPRNG, new for every message sent. */
  readonly id: number;
  readonly question: Question;
  readonly octets: Uint8Array;
}

export interface Answer {
  readonly message: Message;
  /** Octets the message had. */
  readonly octets: number;
}

/** `truncated`: there is more than fits, ask over TCP. */
export type UdpAnswer = Answer | 'truncated';

/** As large as crosses any IPv6 link unfragmented; fragments can be forged (RFC 9715). */
const udpPayloadSize = 1232;

export function upstreamQuery(question: Question, flags: AnswerFlags, withEdns: boolean): UpstreamQuery {
  const id = randomInt(0x1_0000);
  const message: Message = {
    id,
    opcode: opcodes.QUERY,
    rcode: rcodes.NOERROR,
    flags: { qr: false, aa: false, tc: false, rd: true, ra: false, ad: false, cd: flags.checkingDisabled },
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    ...(withEdns && { edns: { udpPayloadSize, version: 0, dnssecOk: flags.dnssecOk, options: [] } }),
  };
  return { id, question, octets: encodeMessage(message) };
}

/**
 * Reads octets that came where the answer is expected. Undefined when they are not it: a forger's guess, a stray, or
 * malformed. Such octets must not end the wait, or anyone could end it.
 */
export function readAnswer(query: UpstreamQuery, octets: Uint8Array): UdpAnswer | undefined {
  const header = decodeHeader(octets);
  if (!header?.flags.qr || header.id !== query.id || header.opcode !== opcodes.QUERY) return undefined;
  // Some servers cut a truncated answer in the middle of a record; it is of no use but for saying so.
  if (header.flags.tc) return 'truncated';
  try {
    const message = decodeMessage(octets);
    return isAbout(query.question, message) ? { message, octets: octets.length } : undefined;
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

function isAbout(asked: Question, { rcode, questions }: Message): boolean {
  const [question, ...others] = questions;
  // Servers that cannot read a query may not repeat its question (RFC 6891 section 7 speaks of them).
  if (!question) return rcode === rcodes.FORMERR || rcode === rcodes.NOTIMP;
  return (
    others.length === 0 &&
    question.type === asked.type &&
    question.class === asked.class &&
    equalNames(question.name, asked.name)
  );
}
