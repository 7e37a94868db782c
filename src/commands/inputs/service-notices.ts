/** How a process of a PoP speaks to the service manager that started it, if one did. */
import { systemClock } from '../../system/clock.ts';
import { serviceNotifier } from '../../system/service-notify.ts';
import type { Log } from '../../telemetry/log.ts';

/** `stop` aborts when the process is told to end. */
export function serviceNotices(log: Log, stop: AbortSignal): ReturnType<typeof serviceNotifier> {
  return serviceNotifier({
    env: process.env,
    pid: process.pid,
    clock: systemClock,
    stop,
    onTrouble: detail => log.warn({ detail }, 'the service manager was not told'),
  });
}
