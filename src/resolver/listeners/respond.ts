/**
 * From octets to octets: reads a message, asks the pipeline, writes the reply. The place where no input may throw.
 *
 * Four things are settled here because without them there is no query to give to a policy: fewer octets than a header,
 * or a response, get silence (answering a response is how two servers talk for ever); an opcode other than QUERY gets
 * NOTIMP; octets that are no message get FORMERR, as does any number of questions but one (RFC 9619).
 *
 * The client's cookie is judged here too (`clients/clients.ts`), since every reply to it carries one. None at all is sent
 * where a policy says so, or over UDP where it would come so late that it may be part of a pulse (DNSBomb).
 */
import { type EdnsOption, findOption, optionCodes } from '../../dns/edns.ts';
import { decodeHeader, type Flags, type Header } from '../../dns/header.ts';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  maxMessageSize,
  type Question,
} from '../../dns/message.ts';
import { opcodes } from '../../dns/opcode.ts';
import { paddingBlocks } from '../../dns/options/padding.ts';
import { rcodes } from '../../dns/rcode.ts';
import { WireFault } from '../../dns/wire-fault.ts';
import type { Clock } from '../../system/clock.ts';
import type { Clients } from '../clients/clients.ts';
import type { CookieVerdict } from '../clients/server-cookies.ts';
import type { ResolverCounters } from '../counters.ts';
import type { Tap } from '../dnstap/tap.ts';
import type { ClientQuery, Outcome } from '../policy.ts';
import { emptyReply, type Reply, silence } from '../reply.ts';
import { WorkBudget, type WorkLimits } from '../work-budget.ts';
import type { Client } from './client.ts';
import { withKeepalive } from './keepalive.ts';
import type { Responder } from './listener.ts';
import { plainUdpSize, udpPayloadSize } from './udp-sizes.ts';

/**
 * Octets up to which a query may be kept whole while it waits: no honest one is longer, unless it is padded. What is
 * longer could fill memory, 64 KiB with each of thousands that wait for a name server's silence.
 */
const wholeOctets = 512;

/** Octets of an option that say all there is to it: a cookie has 40 at most, and with more it is none. */
const longestOption = 64;

export interface RespondOptions {
  readonly pipeline: (query: ClientQuery) => Outcome;
  readonly counters: ResolverCounters;
  readonly clock: Clock;
  /** Without: no cookies, and no answer comes too late. Looked up anew for each query, for a reload may change it. */
  readonly clients?: Clients;
  /** Of each query; looked up anew for each, for a reload may change them. */
  readonly workLimits: WorkLimits;
  /** Gets a copy of what passes; looked up anew for each query too. */
  readonly tap?: Tap | undefined;
  /** Addresses of our own: queries from them are not clients'. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Told of what a policy threw; may be called often. */
  readonly onFault: (error: unknown) => void;
}

export function createResponder(options: RespondOptions): Responder {
  const { pipeline, counters, clock, ownAddresses, onFault } = options;
  const { traffic } = counters;
  const fail = (error: unknown): Reply => {
    counters.faults += 1;
    onFault(error);
    return emptyReply(rcodes.SERVFAIL);
  };
  const answer = (query: ClientQuery): Outcome => {
    try {
      return pipeline(query);
    } catch (error) {
      return fail(error);
    }
  };
  // RFC 7873 section 5.4: a query without a question asks for a cookie alone. Its rate is looked at here, since it meets no
  // policy; who is admitted is not, for the reply tells nothing and is as short as a refusal.
  const replyWithoutPolicy = ({ header, message, client, cookie, clients }: Unquestioned): Reply => {
    if (message?.questions.length !== 0 || !cookie?.option || !clients) return refusalOf(header);
    if (clients.admit(client.address, isProven(client, cookie))) return emptyReply(rcodes.NOERROR);
    clients.counters.limited.dropped += 1;
    return silence;
  };
  return (octets, client, send) => {
    const startedMs = clock.monotonicMs();
    traffic.received(client);
    if (client.local.kind === 'service' && !ownAddresses.has(client.address)) counters.clientQueries += 1;
    const header = decodeHeader(octets);
    if (!header || header.flags.qr) {
      counters.ignored += 1;
      traffic.ignored();
      send(undefined);
      return;
    }
    const { tap, clients } = options;
    tap?.query(octets, client, startedMs);
    // Without a tap nothing holds on to the octets: a query may wait for seconds.
    const tapped = tap && octets;
    const message = header.opcode === opcodes.QUERY ? readMessage(octets, header) : undefined;
    const cookie = message && clients?.cookies?.judge(message.edns, client.address);
    const finish = (reply: Reply): void => {
      if (reply.isSilence) {
        traffic.ignored();
        send(undefined);
        return;
      }
      const sent = encodeReply({ reply, header, message, client, cookie: cookie?.option, fail });
      send(sent, reply);
      traffic.replied(client.transport, reply, sent, clock.monotonicMs() - startedMs);
      if (tap && tapped) tap.reply(tapped, sent, client, startedMs);
    };
    const question = message && onlyQuestion(message);
    // RFC 7873 section 5.2.2: a cookie of no possible length is a malformed message.
    if (!message || !question || cookie?.status === 'malformed') {
      finish(replyWithoutPolicy({ header, message, client, cookie, clients }));
      return;
    }
    traffic.asked(message);
    const isAddressProven = isProven(client, cookie);
    const budget = new WorkBudget(options.workLimits, clock);
    const query = { message, question, client, isAddressProven, cookie: cookie?.status ?? 'absent', budget };
    const outcome = answer(query);
    if (!(outcome instanceof Promise)) {
      finish(outcome);
      return;
    }
    const inTime = clients && !isAddressProven ? discarding(clients, client) : asItIs;
    const finishInTime = (reply: Reply): void => finish(inTime(reply, clock.monotonicMs() - startedMs));
    void outcome.then(finishInTime, error => finishInTime(fail(error)));
  };
}

interface Unquestioned {
  readonly header: Header;
  readonly message: Message | undefined;
  readonly client: Client;
  readonly cookie: CookieVerdict | undefined;
  readonly clients: Clients | undefined;
}

/** To what is no query that a policy could look at. */
function refusalOf({ opcode }: Header): Reply {
  return emptyReply(opcode === opcodes.QUERY ? rcodes.FORMERR : rcodes.NOTIMP);
}

/** Whether the client has shown that it is where it says. */
function isProven({ transport }: Client, cookie: CookieVerdict | undefined): boolean {
  return transport !== 'udp' || cookie?.status === 'good';
}

function asItIs(reply: Reply): Reply {
  return reply;
}

/** Silence instead of a reply that took too long. */
function discarding(clients: Clients, { address }: Client): (reply: Reply, tookMs: number) => Reply {
  return (reply, tookMs) => {
    if (tookMs <= clients.discardAfterMs || reply.isSilence || clients.isExempt(address)) return reply;
    clients.counters.limited.discarded += 1;
    return silence;
  };
}

function onlyQuestion({ questions }: Message): Question | undefined {
  return questions.length === 1 ? questions[0] : undefined;
}

function readMessage(octets: Uint8Array, header: Header): Message | undefined {
  try {
    const message = decodeMessage(octets, undefined, header);
    return octets.length > wholeOctets ? trimmed(message) : message;
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

/** What is needed of a query while it waits, in memory of its own. Its records are not: nothing here looks at any. */
function trimmed({ edns, ...message }: Message): Message {
  const options = edns?.options.map(({ code, data }) => ({ code, data: data.slice(0, longestOption) }));
  return {
    ...message,
    questions: message.questions.map(question => ({ ...question, name: question.name.slice() })),
    answers: [],
    authorities: [],
    additionals: [],
    ...(edns && options && { edns: { ...edns, options } }),
  };
}

interface Addressed {
  readonly reply: Reply;
  readonly header: Header;
  /** The query, as far as it could be read. */
  readonly message: Message | undefined;
  readonly client: Client;
  /** Of the reply. */
  readonly cookie: EdnsOption | undefined;
  readonly fail: (error: unknown) => Reply;
}

/** A reply that cannot be written (a fault of ours) becomes SERVFAIL. */
function encodeReply(addressed: Addressed): Uint8Array {
  try {
    return encodeFitting(addressed);
  } catch (error) {
    return encodeFitting({ ...addressed, reply: addressed.fail(error) });
  }
}

/** RFC 8914 section 3: extended errors make room for everything else, and the TC bit says that they did. One step, whatever their number. */
function encodeFitting(addressed: Addressed): Uint8Array {
  const { reply, message, client } = addressed;
  const maxSize = client.transport === 'udp' ? udpSizeFor(message) : maxMessageSize;
  const options = isPadded(addressed) ? { maxSize, padTo: paddingBlocks.response } : { maxSize };
  const octets = encodeMessage(replyMessage(reply, addressed), options);
  if (!isTruncated(octets) || !reply.options.some(isExtendedError)) return octets;
  const others = reply.options.filter(option => !isExtendedError(option));
  return encodeMessage(replyMessage({ ...reply, options: others, isTruncated: true }, addressed), options);
}

/** RFC 7830 section 4: where the query is, and section 6: never where everyone can read what is hidden. */
function isPadded({ client, message }: Addressed): boolean {
  const isEncrypted = client.transport === 'dot' || client.transport === 'doh';
  return isEncrypted && findOption(message?.edns, optionCodes.padding) !== undefined;
}

/** The TC bit (RFC 1035 section 4.1.1). */
function isTruncated(octets: Uint8Array): boolean {
  return ((octets[2] ?? 0) & 0x02) !== 0;
}

function isExtendedError({ code }: EdnsOption): boolean {
  return code === optionCodes.extendedError;
}

function udpSizeFor(message: Message | undefined): number {
  return message?.edns ? Math.min(message.edns.udpPayloadSize, udpPayloadSize) : plainUdpSize;
}

function replyMessage(reply: Reply, { header, message, client, cookie }: Addressed): Message {
  const plain: Message = {
    id: header.id,
    opcode: header.opcode,
    rcode: reply.rcode,
    flags: replyFlags(reply, header),
    questions: repeatedQuestion(message),
    answers: reply.answers,
    authorities: reply.authorities,
    additionals: [],
  };
  if (!message?.edns) return plain;
  // First, so that it is the last to be left out: without it the client may not believe the rest.
  const options = withKeepalive(cookie ? [cookie, ...reply.options] : reply.options, message, client);
  return { ...plain, edns: { udpPayloadSize, version: 0, dnssecOk: message.edns.dnssecOk, options } };
}

/** RD and CD are the client's own (RFC 1035, RFC 4035 section 3.2.2). RA says no to those who are refused. AD is for a validator. */
function replyFlags(reply: Reply, { flags }: Header): Flags {
  const ra = reply.rcode !== rcodes.REFUSED;
  return {
    qr: true,
    aa: reply.authoritative,
    tc: reply.isTruncated ?? false,
    rd: flags.rd,
    ra,
    ad: false,
    cd: flags.cd,
  };
}

/** Letter case included: clients compare it. A query with two questions is answered without any. */
function repeatedQuestion(message: Message | undefined): readonly Question[] {
  return message?.questions.length === 1 ? message.questions : [];
}
