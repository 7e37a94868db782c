/** A resolver running in the test's own process, and the ways a client asks it. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { framed, MessageFraming } from '../../src/resolver/message-framing.ts';
import { type ResolverOptions, type RunningResolver, startResolver } from '../../src/resolver/resolver.ts';
import { systemClock } from '../../src/system/clock.ts';
import { runOrThrow } from '../../src/system/run.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TestDeployment } from './test-deployment.ts';

export interface TestResolver extends AsyncDisposable {
  readonly running: RunningResolver;
  readonly socketPath: string;
  /** What stock dig prints, asked at the service address unless `args` names another. */
  dig(...args: readonly string[]): Promise<Dug>;
}

export interface Dug {
  readonly text: string;
  /** Empty when no reply was printed. */
  readonly status: string;
  readonly flags: readonly string[];
  /** The lines of the answer section, blanks squeezed. */
  readonly answers: readonly string[];
  readonly authorities: readonly string[];
}

export async function openTestResolver(
  deployment: TestDeployment,
  options: Partial<ResolverOptions> = {},
): Promise<TestResolver> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const running = parts.use(
    await startResolver(deployment.slice, {
      runDirectory: folder.path,
      log: createLog('resolver', 'fra', 'silent'),
      clock: systemClock,
      signal: new AbortController().signal,
      upstreamPort: deployment.upstreamPort,
      ...options,
    }),
  );
  await eventually(() => assert.equal(running.status.state, 'serving'));
  const moved = parts.move();
  return {
    running,
    socketPath: join(folder.path, 'resolver.sock'),
    dig: async (...args) => {
      const server = args.some(arg => arg.startsWith('@')) ? [] : [`@${deployment.service}`];
      const text = await runOrThrow([
        'dig',
        '-p',
        String(deployment.port),
        '+tries=1',
        '+time=5',
        ...server,
        ...args,
      ]);
      return readDig(text);
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

function readDig(text: string): Dug {
  const section = (name: string): string[] => {
    const [, rest = ''] = text.split(`;; ${name} SECTION:\n`);
    const [lines = ''] = rest.split('\n\n');
    return lines
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.replaceAll(/\s+/g, ' '));
  };
  return {
    text,
    status: /status: (\w+)/.exec(text)?.[1] ?? '',
    flags: (/;; flags: ([^;]*);/.exec(text)?.[1] ?? '').split(' '),
    answers: section('ANSWER'),
    authorities: section('AUTHORITY'),
  };
}

export interface AskTo {
  readonly address: string;
  readonly port: number;
  /** The client's own address; the kernel's choice when absent. */
  readonly from?: string;
}

/** Sends octets over UDP and gives the reply. @throws When none comes in time. */
export async function askUdp(
  octets: Uint8Array,
  { address, port, from }: AskTo,
  withinMs = 2000,
): Promise<Uint8Array> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ port: 0, ...(from !== undefined && { address: from }) });
    await once(socket, 'listening');
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(withinMs) });
    socket.send(octets, port, address);
    const [message] = await reply;
    return message;
  } finally {
    socket.close();
  }
}

/** Sends messages over one TCP connection and gives as many replies, in the order they come. */
export async function askTcp(
  messages: readonly Uint8Array[],
  { address, port }: AskTo,
): Promise<Uint8Array[]> {
  const socket = createConnection({ host: address, port });
  try {
    const framing = new MessageFraming();
    const replies: Uint8Array[] = [];
    socket.write(Buffer.concat(messages.map(framed)));
    for await (const chunk of socket) {
      framing.add(chunk);
      for (let reply = framing.next(); reply; reply = framing.next()) replies.push(reply);
      if (replies.length >= messages.length) break;
    }
    return replies;
  } finally {
    socket.destroy();
  }
}

/** Asks with a message, gives the message that comes back. */
export async function ask(query: Message, to: AskTo): Promise<Message> {
  return decodeMessage(await askUdp(encodeMessage(query), to));
}
