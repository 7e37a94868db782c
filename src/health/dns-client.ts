/**
 * One DNS question over UDP or TCP, asked with dns2: a client that shares no code with our resolver, so that a fault in
 * our own codec cannot hide from the check that looks for it.
 *
 * What dns2 3.1.1 leaves to its caller: its UDP client takes no signal and does not compare the question; its TCP
 * client takes no signal either, has no timeout, does not compare the id and cuts an IPv6 address at its first colon.
 * So UDP is its client, TCP is its message code on a socket of ours, and both replies are checked here.
 */
import { connect, type Socket } from 'node:net';
import type { Packet } from 'dns2';
import { parseRecordType } from '../dns/record-type.ts';
import type { IpAddress } from '../ip/address.ts';
import { type AskFailure, askFailure } from './ask-failure.ts';
import { longestGraceMs } from './lived-time.ts';

export type Transport = 'udp' | 'tcp';

export interface Question {
  readonly name: string;
  /** A type that dns2 knows by this name. */
  readonly type: string;
  readonly class: number;
}

export interface Server {
  readonly address: IpAddress;
  readonly port: number;
  readonly transport: Transport;
}

export type Answer = { readonly kind: 'reply'; readonly packet: Packet } | AskFailure;

type Dns2 = typeof import('dns2');

/**
 * Asks once. Settles when the signal aborts, at the latest; the socket is closed then, or for UDP within
 * `timeoutMs` and a grace more.
 */
export async function ask(
  question: Question,
  server: Server,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Answer> {
  try {
    signal.throwIfAborted();
    const dns2 = await import('dns2');
    const packet = await (server.transport === 'udp'
      ? askUdp(dns2, { question, server, signal, timeoutMs })
      : askTcp(dns2, { question, server, signal }));
    const mismatch = mismatchOf(packet, question);
    return mismatch === undefined ? { kind: 'reply', packet } : { kind: 'failed', reason: mismatch };
  } catch (error) {
    return askFailure(error, signal);
  }
}

interface Asking {
  readonly question: Question;
  readonly server: Server;
  readonly signal: AbortSignal;
}

async function askUdp(
  { UDPClient }: Dns2,
  { question, server, signal, timeoutMs }: Asking & { readonly timeoutMs: number },
): Promise<Packet> {
  const ask = UDPClient({
    dns: server.address.text,
    port: server.port,
    socketType: server.address.family === 4 ? 'udp4' : 'udp6',
    // The signal keeps the time. This one is later, and closes the socket of a question that was given up.
    timeout: 2 * timeoutMs + longestGraceMs,
    retryOverTCP: false,
  });
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const answered = ask(question.name, question.type, question.class);
    answered.catch(() => undefined);
    return await Promise.race([answered, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function askTcp({ Packet }: Dns2, { question, server, signal }: Asking): Promise<Packet> {
  const query = new Packet();
  query.header.id = Packet.uuid();
  query.header.rd = 1;
  const type = Packet.TYPE[question.type as keyof typeof Packet.TYPE];
  query.questions.push(new Packet.Question(question.name, type, question.class));
  const socket = connect({ host: server.address.text, port: server.port, noDelay: true });
  const stop = (): Socket => socket.destroy(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  // The reader lets go of the socket when it has its message; an error after that must find a listener.
  socket.on('error', () => undefined);
  try {
    const message = query.toBuffer();
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
    const reply = Packet.parse(await Packet.readStream(socket));
    if (reply.header.id !== query.header.id) throw new Error('the answer carries another id');
    return reply;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** Why the packet is no reply to the question, if it is none. */
function mismatchOf(packet: Packet, question: Question): string | undefined {
  const [echoed] = packet.questions;
  if (packet.errors.length > 0) return `the answer cannot be decoded: ${packet.errors[0]?.message}`;
  if (packet.header.qr !== 1) return 'what came back is no response';
  if (!echoed || packet.questions.length !== 1) return 'the answer does not repeat the question';
  const same =
    echoed.name.toLowerCase() === question.name.toLowerCase() &&
    echoed.type === parseRecordType(question.type) &&
    echoed.class === question.class;
  return same ? undefined : `the answer is to another question, ${echoed.name}`;
}
