/** The PoP's own processes, asked for their status on the sockets in the run directory. */
import { join } from 'node:path';
import { askControl } from '../../system/control-socket.ts';
import { describeError } from '../../system/fault.ts';
import { socketAccess } from './socket-access.ts';

export const kitProcessNames = ['resolver', 'agent', 'sidecar'] as const;
export type KitProcessName = (typeof kitProcessNames)[number];

/**
 * - `absent`: no socket; not started, or one that has none;
 * - `closed`: this user may not speak to it;
 * - `silent`: a socket, and nobody answers;
 * - `answers`: and says this.
 */
export type KitProcess =
  | { readonly state: 'absent' }
  | { readonly state: 'closed' }
  | { readonly state: 'silent'; readonly complaint: string }
  | { readonly state: 'answers'; readonly status: Readonly<Record<string, unknown>>; readonly pid?: number };

export type KitProcesses = Readonly<Record<KitProcessName, KitProcess>>;

/** Milliseconds for an answer that each has at hand. */
const answerWithinMs = 2000;

export async function askKitProcesses(
  runDirectory: string,
  pop: string | undefined,
  signal: AbortSignal,
): Promise<KitProcesses> {
  const [resolver, agent, sidecar] = await Promise.all(
    kitProcessNames.map(name => ask(kitSocket(runDirectory, name), pop, signal)),
  );
  const absent: KitProcess = { state: 'absent' };
  return { resolver: resolver ?? absent, agent: agent ?? absent, sidecar: sidecar ?? absent };
}

export function kitSocket(runDirectory: string, name: KitProcessName): string {
  return join(runDirectory, `${name}.sock`);
}

async function ask(path: string, pop: string | undefined, signal: AbortSignal): Promise<KitProcess> {
  const may = await socketAccess(path);
  if (may !== 'given') return { state: may === 'denied' ? 'closed' : 'absent' };
  try {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]);
    const answer = await askControl(path, 'status', pop === undefined ? {} : { pop }, bound);
    const status = (answer ?? {}) as Record<string, unknown>;
    return { state: 'answers', status, ...(typeof status.pid === 'number' && { pid: status.pid }) };
  } catch (error) {
    signal.throwIfAborted();
    return { state: 'silent', complaint: describeError(error) };
  }
}
