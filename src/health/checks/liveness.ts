/**
 * Listens to the resolver's control socket, which pushes a heartbeat every 50 ms while its event loop turns.
 *
 * - The socket closes, or the lifeline beside it ends (`system/lifeline.ts`): the process is gone. Said at once, no threshold.
 * - Heartbeats stop: frozen. How long that takes to be believed depends on what the kernel says of the process, and only
 *   time that this process itself has lived counts (`lived-time.ts`): silence in the ear is not silence.
 * - Nobody listens: not running. Looked for again every few milliseconds, so that a restart is noticed soon.
 *
 * Healthy is each heartbeat, never the mere connection: the kernel accepts connections for a frozen process too.
 */
import { z } from 'zod';
import { Bell } from '../../system/bell.ts';
import { connectControl } from '../../system/control-socket.ts';
import { Fault } from '../../system/fault.ts';
import { watchLifeline } from '../../system/lifeline.ts';
import { type ProcessState, processState } from '../../system/process-state.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';
import { livedMs } from '../lived-time.ts';

/** Milliseconds between looks at the clock while listening: half a heartbeat. */
const tickMs = 25;
/** Milliseconds between attempts to connect. */
const reconnectMs = 25;

/**
 * Milliseconds of silence that are believed, by what the kernel says of the silent process. `stopped` cannot be
 * mistaken, so a heartbeat and a half suffices; `idle` has missed five; `busy` may only be waiting for a
 * processor or a disk, which a loaded machine can make last.
 */
const believedAfterMs = { stopped: 75, idle: 250, busy: 1000 } as const satisfies Record<
  ProcessState,
  number
>;

const options = z.strictObject({});

export const livenessCheck = defineHealthCheck<z.output<typeof options>>({
  kind: 'liveness',
  faultClass: 'local-hard',
  options,
  watch: (_options, context) => watchResolver(context),
});

async function* watchResolver(context: CheckContext): AsyncGenerator<Verdict> {
  const { clock, signal, runDirectory } = context;
  while (!signal.aborted) {
    try {
      yield* listen(runDirectory, context);
    } catch (error) {
      if (signal.aborted) return;
      yield cannotConnect(error);
    }
    await clock.sleep(reconnectMs, signal);
  }
}

/** The verdicts of one connection, from its first heartbeat to its end. */
async function* listen(runDirectory: string, { clock, signal }: CheckContext): AsyncGenerator<Verdict> {
  const bell = new Bell();
  let fresh = false;
  let gone: string | undefined;
  let pid: number | undefined;
  const isGone = (sign: string) => (): void => {
    gone ??= sign;
    bell.ring();
  };
  using held = new DisposableStack();
  let isWatched = false;
  await using client = await connectControl(`${runDirectory}/resolver.sock`, (name, data) => {
    if (name !== 'heartbeat') return;
    fresh = true;
    pid = pidOf(data);
    bell.ring();
    if (isWatched || !hasLifeline(data)) return;
    isWatched = true;
    held.use(watchLifeline(`${runDirectory}/resolver.life`)).ended.then(isGone('its lifeline ended'));
  });
  client.closed.then(isGone('its control socket closed'));
  let silentMs = 0;
  let lookedAt = clock.monotonicMs();
  for (;;) {
    await bell.wait(tickMs, clock, signal);
    const now = clock.monotonicMs();
    const heard = fresh;
    fresh = false;
    silentMs = heard ? 0 : silentMs + livedMs(now - lookedAt, tickMs);
    lookedAt = now;
    if (gone !== undefined) {
      yield { kind: 'unhealthy', reason: `resolver process gone: ${gone}`, immediate: true };
      return;
    }
    if (heard) yield { kind: 'healthy', detail: `heartbeats${pid === undefined ? '' : ` of pid ${pid}`}` };
    else if (silentMs >= believedAfterMs.stopped) yield* judgeSilence(silentMs, pid);
  }
}

function* judgeSilence(silentMs: number, pid: number | undefined): Generator<Verdict> {
  // Our own number is what the resolver's means when it lives in another pid namespace as we do, both as first process.
  const state = (pid === undefined || pid === process.pid ? undefined : processState(pid)) ?? 'idle';
  if (silentMs < believedAfterMs[state]) return;
  const what = {
    stopped: 'resolver frozen: the process is stopped',
    idle: 'resolver frozen',
    busy: 'resolver stalled',
  };
  yield {
    kind: 'unhealthy',
    reason: `${what[state]}, no heartbeat for ${Math.round(silentMs)} ms`,
    immediate: true,
  };
}

/** Nobody there is a sick service; being unable to look (no descriptor, no permission) is not. */
function cannotConnect(error: unknown): Verdict {
  const cause = error instanceof Fault ? error.cause : undefined;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return {
      kind: 'unhealthy',
      reason: 'resolver not running: nobody serves its control socket',
      immediate: true,
    };
  return { kind: 'unknown', reason: `cannot connect to the resolver's control socket: ${code ?? error}` };
}

function hasLifeline(heartbeat: unknown): boolean {
  return (heartbeat as { lifeline?: unknown } | null | undefined)?.lifeline === true;
}

function pidOf(heartbeat: unknown): number | undefined {
  const pid = (heartbeat as { pid?: unknown } | null | undefined)?.pid;
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? pid : undefined;
}
