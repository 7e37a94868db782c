/** Waits until no client queries reach the resolver any more, by the counter in its heartbeats. */
import { Bell } from '../system/bell.ts';
import type { Clock } from '../system/clock.ts';
import { type ControlClient, connectControl } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';

export interface Quiet {
  /** `busy`: queries still came when the time was over. `not-running`: no resolver, so nothing to wait for. */
  readonly outcome: 'quiet' | 'busy' | 'not-running';
  /** Client queries that came while waiting. */
  readonly queries: number;
}

export interface QuietLimits {
  /** Milliseconds without a query that count as quiet. */
  readonly quietMs: number;
  /** Milliseconds after which the wait ends all the same. */
  readonly timeoutMs: number;
}

/** Throws the signal's reason when aborted. */
export async function untilQuiet(
  socketPath: string,
  { quietMs, timeoutMs }: QuietLimits,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Quiet> {
  const bell = new Bell();
  const heard: { count: number; atMs: number }[] = [];
  await using client = await connectOrNothing(socketPath, count => {
    heard.push({ count, atMs: clock.monotonicMs() });
    bell.ring();
  });
  if (!client) return { outcome: 'not-running', queries: 0 };
  let gone = false;
  client.closed.then(() => {
    gone = true;
    bell.ring();
  });
  const deadline = clock.monotonicMs() + timeoutMs;
  let first: number | undefined;
  let last = { count: -1, atMs: Number.POSITIVE_INFINITY };
  for (;;) {
    for (const beat of heard.splice(0)) {
      first ??= beat.count;
      if (beat.count !== last.count) last = beat;
      // Quiet is what a heartbeat says, not what the lack of one lets us hope.
      if (beat.atMs - last.atMs >= quietMs) return { outcome: 'quiet', queries: last.count - first };
    }
    const queries = first === undefined ? 0 : last.count - first;
    if (gone) return { outcome: 'not-running', queries };
    const leftMs = deadline - clock.monotonicMs();
    if (leftMs <= 0) return { outcome: 'busy', queries };
    await bell.wait(leftMs, clock, signal);
  }
}

async function connectOrNothing(
  path: string,
  onCount: (clientQueries: number) => void,
): Promise<ControlClient | undefined> {
  try {
    return await connectControl(path, (name, data) => {
      const count = (data as { clientQueries?: unknown } | null | undefined)?.clientQueries;
      if (name === 'heartbeat' && typeof count === 'number') onCount(count);
    });
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return undefined;
    throw error;
  }
}
