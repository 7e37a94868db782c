/**
 * Telling the service manager how we are: sd_notify(3) by way of systemd's own program, since Node has no Unix datagram
 * sockets. Does nothing where no NOTIFY_SOCKET is set.
 *
 * READY=1 says that start-up is done. Where the unit has WatchdogSec, WATCHDOG=1 follows twice in each such time, from a timer
 * of this process: an event loop that no longer turns is what the watchdog is for. A unit needs `NotifyAccess=all`,
 * since the message comes from a child of ours. The variables are taken out of the environment: what we start in turn
 * shall not speak for us.
 */
import type { Clock } from './clock.ts';
import { ended } from './ended.ts';
import { describeError } from './fault.ts';
import { run } from './run.ts';

export interface ServiceNotifier extends AsyncDisposable {
  /** Start-up is done; the watchdog is fed from now on. `status` is what `systemctl status` shows. */
  ready(status: string): void;
}

export interface NotifySettings {
  /** The process's environment; the variables are removed from it. */
  readonly env: Record<string, string | undefined>;
  readonly pid: number;
  readonly clock: Clock;
  /** Aborts when the process begins to end: STOPPING=1. */
  readonly stop: AbortSignal;
  /** Called when the service manager could not be told, once per kind of trouble. */
  onTrouble(detail: string): void;
}

/** Milliseconds that the program may take; it waits for the service manager to have read the message. */
const sendWithinMs = 5000;

export function serviceNotifier({ env, pid, clock, stop, onTrouble }: NotifySettings): ServiceNotifier {
  const socket = env.NOTIFY_SOCKET;
  const watchdogMs = watchdogOf(env, pid);
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined || socket === '') return silent;
  const troubles = new Set<string>();
  // One message after the other: none overtakes another, and a service manager that is slow is not crowded.
  let sent: Promise<void> = Promise.resolve();
  const send = (...message: readonly string[]): Promise<void> => {
    sent = sent.then(async () => {
      const trouble = await troubleOf(socket, message);
      if (trouble === undefined || troubles.has(trouble)) return;
      troubles.add(trouble);
      onTrouble(trouble);
    });
    return sent;
  };
  const over = new AbortController();
  const feed = async (everyMs: number): Promise<void> => {
    while (!over.signal.aborted) {
      await send('WATCHDOG=1');
      await clock.sleep(everyMs, over.signal).catch(() => undefined);
    }
  };
  const onStop = (): void => void send('STOPPING=1');
  stop.addEventListener('abort', onStop, { once: true });
  let feeding: Promise<void> | undefined;
  return {
    ready(status) {
      void send('READY=1', `STATUS=${status}`);
      if (watchdogMs !== undefined) feeding ??= feed(watchdogMs / 2);
    },
    async [Symbol.asyncDispose]() {
      stop.removeEventListener('abort', onStop);
      over.abort(ended);
      await feeding;
      await sent;
    },
  };
}

const silent: ServiceNotifier = { ready() {}, async [Symbol.asyncDispose]() {} };

/** How often the watchdog wants to hear of this process; undefined when it does not, or means another one. */
function watchdogOf(env: NotifySettings['env'], pid: number): number | undefined {
  const us = Number(env.WATCHDOG_USEC);
  const isMeant = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(pid);
  return isMeant && Number.isFinite(us) && us > 0 ? us / 1000 : undefined;
}

async function troubleOf(socket: string, message: readonly string[]): Promise<string | undefined> {
  try {
    const env = { NOTIFY_SOCKET: socket };
    const sent = await run(['systemd-notify', ...message], { env, timeoutMs: sendWithinMs });
    return sent.exitCode === 0 ? undefined : `systemd-notify: ${sent.stderr.trim()}`;
  } catch (error) {
    return describeError(error);
  }
}
