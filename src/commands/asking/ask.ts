/**
 * One question to one server, asked as a client asks: over UDP, TCP, TLS (RFC 7858) or HTTPS (RFC 8484).
 *
 * Over UDP the query is sent again while no answer comes, what is not the answer is waited past, and a truncated answer
 * is fetched over TCP. An encrypted transport verifies the certificate (RFC 8310, strict) unless told not to, and never
 * becomes a clear one.
 */
import { randomInt } from 'node:crypto';
import { encodeMessage, type Message, type Question } from '../../dns/message.ts';
import { opcodes } from '../../dns/opcode.ts';
import { nsidRequest } from '../../dns/options/nsid.ts';
import { paddingBlocks } from '../../dns/options/padding.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { IpAddress } from '../../ip/address.ts';
import { type Answer, type Query, readAnswer, udpPayloadSize } from '../../resolver/exchange/query.ts';
import type { Clock } from '../../system/clock.ts';
import { describeError, Fault } from '../../system/fault.ts';
import { within } from '../../system/within.ts';
import { overHttps } from './over-https.ts';
import { overStream } from './over-stream.ts';
import { overUdp } from './over-udp.ts';
import type { TlsOptions } from './tls-options.ts';

export type AskTransport = 'udp' | 'tcp' | 'dot' | 'doh';

export interface AskedServer {
  readonly address: IpAddress;
  readonly port: number;
  readonly transport: AskTransport;
  readonly tls: TlsOptions;
  /** Path of the DoH resource. */
  readonly path: string;
}

export interface AskOptions {
  readonly question: Question;
  readonly server: AskedServer;
  readonly nsid: boolean;
  readonly dnssecOk: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Asked {
  readonly message: Message;
  /** Octets of the answer's message. */
  readonly octets: number;
  /** How the answer came: `tcp` where UDP had no room for it. */
  readonly transport: AskTransport;
  readonly elapsedMs: number;
}

/** How a transport is given its work. The signal ends it, and everything that it opened. */
export interface Carrying {
  readonly server: AskedServer;
  readonly octets: Uint8Array;
  readonly signal: AbortSignal;
}

/** @throws Fault `unreachable` when no answer came, with the reason. */
export async function ask(options: AskOptions): Promise<Asked> {
  const { server, timeoutMs, clock, signal } = options;
  const startedMs = clock.monotonicMs();
  try {
    return await within({ ms: timeoutMs, clock, signals: [signal] }, async bound => {
      const { answer, transport } = await converse(options, bound);
      const { message, octets } = answer;
      return { message, octets, transport, elapsedMs: clock.monotonicMs() - startedMs };
    });
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new Fault(
      'unreachable',
      `no answer from ${server.address.text} port ${server.port} over ${server.transport}: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

async function converse(
  options: AskOptions,
  signal: AbortSignal,
): Promise<{ answer: Answer; transport: AskTransport }> {
  const { server, timeoutMs } = options;
  const query = queryOf(options);
  const carrying: Carrying = { server, octets: query.octets, signal };
  if (server.transport === 'udp') {
    const answer = await overUdp(carrying, { query, timeoutMs });
    if (answer !== 'truncated') return { answer, transport: 'udp' };
  }
  const octets = await (server.transport === 'doh' ? overHttps(carrying) : overStream(carrying));
  const reading = readAnswer(query, octets);
  if (typeof reading !== 'object')
    throw new Error(
      reading === 'truncated' ? 'the answer is cut off' : 'what came is no answer to the query',
    );
  return { answer: reading, transport: server.transport === 'udp' ? 'tcp' : server.transport };
}

function queryOf({ question, server, nsid, dnssecOk }: AskOptions): Query {
  const isEncrypted = server.transport === 'dot' || server.transport === 'doh';
  // RFC 8484 section 4.1: 0, so that equal questions are equal requests.
  const id = server.transport === 'doh' ? 0 : randomInt(0x1_0000);
  const message: Message = {
    id,
    opcode: opcodes.QUERY,
    rcode: rcodes.NOERROR,
    flags: { qr: false, aa: false, tc: false, rd: true, ra: false, ad: true, cd: false },
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpPayloadSize, version: 0, dnssecOk, options: nsid ? [nsidRequest] : [] },
  };
  const octets = encodeMessage(message, isEncrypted ? { padTo: paddingBlocks.query } : {});
  return { id, question, sentName: question.name, isCaseSecret: false, octets };
}

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the address',
  ENETUNREACH: 'no route to the address',
};

function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return (typeof code === 'string' && plainWords[code]) || describeError(error);
}
