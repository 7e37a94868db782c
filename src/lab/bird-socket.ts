/**
 * Asking a lab router's BIRD over its control socket, by the numeric reply codes of its protocol.
 *
 * A reply is lines of `CODE` and a hyphen or a blank; a line that begins with a blank continues the one before, and the
 * line with a blank after its code is the last (BIRD's doc/reply_codes).
 */
import { createConnection } from 'node:net';
import { Fault } from '../system/fault.ts';
import type { SessionPlan } from './plan.ts';

export interface BirdReply {
  readonly code: number;
  readonly text: string;
}

const protocolList = 1002;
const routeList = 1007;

const lastLine = /(^|\n)\d{4} [^\n]*\n$/;

/** Milliseconds for one answer: the router is on this machine. */
const answerTimeoutMs = 2000;

/** @throws Fault `unreachable` when BIRD does not answer, and the signal's reason. */
export async function askBird(
  socketPath: string,
  command: string,
  signal: AbortSignal,
): Promise<BirdReply[]> {
  signal.throwIfAborted();
  const cancel = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
  const socket = createConnection(socketPath);
  const stop = (): void => void socket.destroy(cancel.reason as Error);
  cancel.addEventListener('abort', stop, { once: true });
  try {
    let received = '';
    let greeted = false;
    for await (const chunk of socket.setEncoding('utf8')) {
      received += chunk;
      if (!lastLine.test(received)) continue;
      const replies = parseReplies(received);
      if (greeted) return replies;
      greeted = true;
      received = '';
      socket.write(`${command}\n`);
    }
    throw new Error('the connection closed');
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new Fault('unreachable', `BIRD at ${socketPath} does not answer`, { cause });
  } finally {
    cancel.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** Names of the BGP protocols whose session is established. */
export async function establishedSessions(socketPath: string, signal: AbortSignal): Promise<Set<string>> {
  const replies = await askBird(socketPath, 'show protocols', signal);
  // Columns: name, kind, table, state, since, and for BGP the state of RFC 4271 section 8.2.2.
  return new Set(
    replies
      .filter(({ code }) => code === protocolList)
      .map(({ text }) => text.trim().split(/\s+/))
      .filter(columns => columns[1] === 'BGP' && columns.includes('Established'))
      .map(([name = '']) => name),
  );
}

/** Whether the router has `prefix` from this session. */
export async function hasRoute(session: SessionPlan, prefix: string, signal: AbortSignal): Promise<boolean> {
  const replies = await askBird(session.socket, `show route ${prefix} protocol ${session.protocol}`, signal);
  return replies.some(({ code }) => code === routeList);
}

function parseReplies(text: string): BirdReply[] {
  const replies: BirdReply[] = [];
  let code = 0;
  for (const line of text.split('\n')) {
    const match = /^(\d{4})[ -](.*)$/.exec(line);
    if (match) code = Number(match[1]);
    if (line !== '') replies.push({ code, text: match?.[2] ?? line.slice(1) });
  }
  return replies;
}
