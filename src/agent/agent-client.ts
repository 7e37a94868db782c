/** Talking to the agent of a PoP over its control socket: what the command-line verbs do. */
import { systemClock } from '../system/clock.ts';
import { connectControl } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';
import { within } from '../system/within.ts';
import type { RecordedEvent } from './event-log.ts';

export interface AgentAddress {
  /** The PoP that is meant; the agent of another one refuses. */
  readonly pop: string;
  readonly runDir: string;
}

export interface AgentRequest {
  readonly signal: AbortSignal;
  /** Milliseconds to wait for the answer. */
  readonly timeoutMs: number;
  /** More that the request says. */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Hears each event of the agent until the answer is here. */
  readonly onEvent?: (event: RecordedEvent) => void;
}

/** @throws Fault as the agent answered it, `unreachable` when there is none, `timeout`; the signal's reason. */
export async function askAgent<Result>(
  address: AgentAddress,
  name: string,
  { signal, timeoutMs, onEvent, args }: AgentRequest,
): Promise<Result> {
  const path = `${address.runDir}/agent.sock`;
  await using client = await connect(path, (push, data) => {
    if (push === 'event') onEvent?.(data as RecordedEvent);
  });
  const limits = { ms: timeoutMs, clock: systemClock, signals: [signal] };
  return (await within(limits, bound =>
    client.request(name, { ...args, pop: address.pop }, bound),
  )) as Result;
}

async function connect(...args: Parameters<typeof connectControl>): ReturnType<typeof connectControl> {
  try {
    return await connectControl(...args);
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== 'unreachable') throw cause;
    throw new Fault('unreachable', `no agent is running: nobody listens on ${args[0]}`, {
      hint: 'start it with anycast agent, or name its folder with --run-dir',
      cause,
    });
  }
}
