/**
 * From octets to octets: reads a message, asks the pipeline, writes the reply. The place where no input may throw.
 *
 * Four things are settled here because without them there is no query to give to a policy: fewer octets than a header,
 * or a response, get silence (answering a response is how two servers talk for ever); an opcode other than QUERY gets
 * NOTIMP; octets that are no message get FORMERR, as does any number of questions but one (RFC 9619).
 */
import { decodeHeader, type Flags, type Header } from '../../dns/header.ts';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  maxMessageSize,
  type Question,
} from '../../dns/message.ts';
import { opcodes } from '../../dns/opcode.ts';
import { rcodes } from '../../dns/rcode.ts';
import { WireFault } from '../../dns/wire-fault.ts';
import type { Clock } from '../../system/clock.ts';
import { countReply, type ResolverCounters } from '../counters.ts';
import type { ClientQuery, Outcome } from '../policy.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { WorkBudget, type WorkLimits } from '../work-budget.ts';
import type { Client } from './client.ts';
import { withKeepalive } from './keepalive.ts';
import type { Responder } from './listener.ts';

/**
 * The largest UDP message sent, and the size we name in our own OPT record: what crosses an IPv6 link of the minimum
 * MTU of 1280 unfragmented, less the headers. Fragments can be forged (RFC 9715).
 */
export const udpPayloadSize = 1232;

/** RFC 1035 section 4.2.1: what a client without EDNS takes. */
const plainUdpSize = 512;

export interface RespondOptions {
  readonly pipeline: (query: ClientQuery) => Outcome;
  readonly counters: ResolverCounters;
  readonly clock: Clock;
  /** Of each query. */
  readonly workLimits: WorkLimits;
  /** Addresses of our own: queries from them are not clients'. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Told of what a policy threw; may be called often. */
  readonly onFault: (error: unknown) => void;
}

export function createResponder(options: RespondOptions): Responder {
  const { pipeline, counters, clock, workLimits, ownAddresses, onFault } = options;
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
  return (octets, client, send) => {
    const startedMs = clock.monotonicMs();
    counters.queries[client.transport] += 1;
    if (client.local.kind === 'service' && !ownAddresses.has(client.address)) counters.clientQueries += 1;
    const header = decodeHeader(octets);
    if (!header || header.flags.qr) {
      counters.ignored += 1;
      send(undefined);
      return;
    }
    const finish = (reply: Reply, message: Message | undefined): void => {
      countReply(counters, reply.rcode);
      send(encodeReply({ reply, header, message, client, fail }), reply);
      counters.latency.record(clock.monotonicMs() - startedMs);
    };
    const message = header.opcode === opcodes.QUERY ? readMessage(octets) : undefined;
    const question = message && onlyQuestion(message);
    if (!message || !question) {
      finish(emptyReply(header.opcode === opcodes.QUERY ? rcodes.FORMERR : rcodes.NOTIMP), message);
      return;
    }
    const isAddressProven = client.transport !== 'udp';
    const budget = new WorkBudget(workLimits, clock);
    const outcome = answer({ message, question, client, isAddressProven, budget });
    if (outcome instanceof Promise) void outcome.catch(fail).then(reply => finish(reply, message));
    else finish(outcome, message);
  };
}

function onlyQuestion({ questions }: Message): Question | undefined {
  return questions.length === 1 ? questions[0] : undefined;
}

function readMessage(octets: Uint8Array): Message | undefined {
  try {
    return decodeMessage(octets);
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

interface Addressed {
  readonly reply: Reply;
  readonly header: Header;
  /** The query, as far as it could be read. */
  readonly message: Message | undefined;
  readonly client: Client;
  readonly fail: (error: unknown) => Reply;
}

/** A reply that cannot be written (a fault of ours) becomes SERVFAIL. */
function encodeReply(addressed: Addressed): Uint8Array {
  const { reply, message, client, fail } = addressed;
  const maxSize = client.transport === 'udp' ? udpSizeFor(message) : maxMessageSize;
  try {
    return encodeMessage(replyMessage(reply, addressed), { maxSize });
  } catch (error) {
    return encodeMessage(replyMessage(fail(error), addressed), { maxSize });
  }
}

function udpSizeFor(message: Message | undefined): number {
  return message?.edns ? Math.min(message.edns.udpPayloadSize, udpPayloadSize) : plainUdpSize;
}

function replyMessage(reply: Reply, { header, message, client }: Addressed): Message {
  return {
    id: header.id,
    opcode: header.opcode,
    rcode: reply.rcode,
    flags: replyFlags(reply, header),
    questions: repeatedQuestion(message),
    answers: reply.answers,
    authorities: reply.authorities,
    additionals: [],
    ...(message?.edns && {
      edns: {
        udpPayloadSize,
        version: 0,
        dnssecOk: message.edns.dnssecOk,
        options: withKeepalive(reply.options, message, client),
      },
    }),
  };
}

/** RD and CD are the client's own (RFC 1035, RFC 4035 section 3.2.2). RA says no to those who are refused. AD is for a validator. */
function replyFlags(reply: Reply, { flags }: Header): Flags {
  const ra = reply.rcode !== rcodes.REFUSED;
  return { qr: true, aa: reply.authoritative, tc: false, rd: flags.rd, ra, ad: false, cd: flags.cd };
}

/** Letter case included: clients compare it. A query with two questions is answered without any. */
function repeatedQuestion(message: Message | undefined): readonly Question[] {
  return message?.questions.length === 1 ? message.questions : [];
}
