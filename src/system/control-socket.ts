/**
 * A process's control socket: JSON lines over a Unix stream socket, requests one way and answers and pushes the other.
 *
 *   -> {"id":1,"request":"status","args":{}}        <- {"id":1,"result":{...}}
 *                                                   <- {"id":1,"fault":{"code","message","hint"}}
 *                                                   <- {"push":"heartbeat","data":{...}}     to every client
 *
 * Who may speak is decided by the file's permissions alone (0660). The socket belongs to the process: its closing means
 * that the process is gone, which is why the agent holds one open to the resolver. A socket file left by a killed
 * process is replaced; one that still answers is not: two processes of one PoP must not share it.
 * A client that sends more than `lineLimit` octets without a line feed, or anything that is not a request, is cut off.
 */
import { chmod, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { ended } from './ended.ts';
import { describeError, Fault, type FaultCode } from './fault.ts';

/** Who asked: one connection. */
export interface ControlPeer {
  /** Aborts when the connection is over: the other process is gone, or has had enough. */
  readonly closed: AbortSignal;
}

/** A request's handler. What it returns is sent as JSON; a Fault it throws is sent as the answer. */
export type ControlHandler = (
  args: Readonly<Record<string, unknown>>,
  peer: ControlPeer,
) => unknown | Promise<unknown>;

export interface ControlServer extends AsyncDisposable {
  /** Sends a push to every connected client; a client that does not read is cut off. */
  push(name: string, data: unknown): void;
}

export interface ControlClient extends AsyncDisposable {
  /** @throws Fault as the server answered it; `unreachable` when the connection ends first; the signal's reason. */
  request(name: string, args?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<unknown>;
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>;
}

/** Characters of one line; an honest request or answer stays far below. */
const lineLimit = 4 * 1024 * 1024;

/** Serves `handlers` at `path`. @throws Fault `busy` when another process answers there, `environment` when it cannot. */
export async function serveControl(
  path: string,
  handlers: Readonly<Record<string, ControlHandler>>,
): Promise<ControlServer> {
  await removeStaleSocket(path);
  const clients = new Set<Socket>();
  const server = createServer(socket => {
    const closed = new AbortController();
    clients.add(socket);
    socket.once('close', () => {
      clients.delete(socket);
      closed.abort(ended);
    });
    socket.on('error', () => socket.destroy());
    const asked = { handlers, peer: { closed: closed.signal } };
    readLines(socket, line => void answer(socket, line, asked));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      const hint = 'may this user write in that folder, and is the path shorter than 108 octets (unix(7))?';
      reject(new Fault('environment', `cannot serve ${path}: ${cause.message}`, { hint, cause }));
    });
    server.listen(path, resolve);
  });
  await chmod(path, 0o660);
  return {
    push(name, data) {
      const line = `${JSON.stringify({ push: name, data })}\n`;
      for (const client of clients) {
        if (client.writableLength > lineLimit) client.destroy();
        else client.write(line);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

/**
 * Connects to the control socket at `path`.
 * @throws Fault `unreachable` when nobody listens there.
 */
export async function connectControl(
  path: string,
  onPush: (name: string, data: unknown) => void = () => undefined,
): Promise<ControlClient> {
  const socket = await connect(path);
  const pending = new Map<number, (answer: Answer) => void>();
  const closed = new Promise<void>(resolve => {
    socket.once('close', () => {
      for (const settle of pending.values())
        settle({ fault: { code: 'unreachable', message: `${path} closed` } });
      resolve();
    });
  });
  socket.on('error', () => socket.destroy());
  let lastId = 0;
  readLines(socket, line => {
    const message = parseObject(line);
    if (typeof message?.push === 'string') onPush(message.push, message.data);
    else if (typeof message?.id === 'number') pending.get(message.id)?.(message as Answer);
    else socket.destroy();
  });
  return {
    closed,
    async request(name, args = {}, signal) {
      signal?.throwIfAborted();
      if (socket.destroyed) throw new Fault('unreachable', `${path} closed`);
      lastId += 1;
      const id = lastId;
      const cancelled = Promise.withResolvers<never>();
      const onAbort = (): void => cancelled.reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        const answered = new Promise<Answer>(resolve => pending.set(id, resolve));
        socket.write(`${JSON.stringify({ id, request: name, args })}\n`);
        const message = await Promise.race([answered, cancelled.promise]);
        if (message.fault) throw toFault(message.fault);
        return message.result;
      } finally {
        pending.delete(id);
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

/** One request on a connection of its own: what a command-line verb does. */
export async function askControl(
  path: string,
  name: string,
  args = {},
  signal?: AbortSignal,
): Promise<unknown> {
  await using client = await connectControl(path);
  return await client.request(name, args, signal ?? AbortSignal.timeout(10_000));
}

interface Answer {
  readonly result?: unknown;
  readonly fault?: { readonly code: FaultCode; readonly message: string; readonly hint?: string };
}

function toFault({ code, message, hint }: NonNullable<Answer['fault']>): Fault {
  return new Fault(code, message, hint === undefined ? {} : { hint });
}

/** What a request meets: the server's handlers, and the connection it came over. */
interface Asked {
  readonly handlers: Readonly<Record<string, ControlHandler>>;
  readonly peer: ControlPeer;
}

async function answer(socket: Socket, line: string, asked: Asked) {
  const message = parseObject(line);
  if (typeof message?.id !== 'number' || typeof message.request !== 'string') {
    socket.destroy();
    return;
  }
  const { id } = message;
  const reply = await handle(message.request, message.args, asked);
  if (!socket.destroyed) socket.write(`${JSON.stringify({ id, ...reply })}\n`);
}

async function handle(name: string, args: unknown, { handlers, peer }: Asked): Promise<Answer> {
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (!handler) {
    const known = Object.keys(handlers).join(', ');
    return {
      fault: { code: 'usage', message: `unknown request '${name}'`, hint: `known requests: ${known}` },
    };
  }
  try {
    return { result: (await handler((args ?? {}) as Record<string, unknown>, peer)) ?? null };
  } catch (error) {
    if (!(error instanceof Fault)) return { fault: { code: 'internal', message: describeError(error) } };
    const { code, message, hint } = error;
    return { fault: { code, message, ...(hint !== undefined && { hint }) } };
  }
}

/** Calls `onLine` for each line received; a line past `lineLimit` ends the connection. */
function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length > lineLimit) socket.destroy();
  });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function removeStaleSocket(path: string): Promise<void> {
  try {
    (await connect(path)).destroy();
  } catch {
    await unlink(path).catch(() => undefined);
    return;
  }
  throw new Fault('busy', `another process serves ${path}`, {
    hint: 'stop it first, or use another --run-dir',
  });
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => {
      socket.off('error', fail);
      resolve(socket);
    });
    const fail = (cause: Error): void =>
      reject(
        new Fault('unreachable', `nobody listens on ${path}`, {
          hint: 'is the process running, and does --run-dir name its folder?',
          cause,
        }),
      );
    socket.once('error', fail);
  });
}
