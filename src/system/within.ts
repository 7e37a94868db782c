/** Work under a time limit and any number of signals, of which nothing is left over when it ends. */
import type { Clock } from './clock.ts';
import { Fault } from './fault.ts';

/**
 * Runs `work` with a signal that aborts with the first of `signals`, or after `ms` with Fault `timeout`.
 * `AbortSignal.any` and `AbortSignal.timeout` would do for one call; here the limits of a process that runs for years
 * are taken off its long-lived signals again.
 */
export async function within<T>(
  limits: { readonly ms: number; readonly clock: Clock; readonly signals: readonly AbortSignal[] },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const bound = new AbortController();
  const over = new AbortController();
  const stops = limits.signals.map(signal => {
    signal.throwIfAborted();
    const stop = (): void => bound.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    return () => signal.removeEventListener('abort', stop);
  });
  limits.clock.sleep(limits.ms, over.signal).then(
    () => bound.abort(new Fault('timeout', `no end within ${limits.ms} ms`)),
    () => undefined,
  );
  try {
    return await work(bound.signal);
  } finally {
    over.abort();
    for (const stop of stops) stop();
  }
}

/** Whether `condition` came true within the limits. What it throws of its own accord goes on. */
export async function isTrueWithin(
  limits: Parameters<typeof within>[0],
  condition: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  let bound: AbortSignal | undefined;
  try {
    await within(limits, async signal => {
      bound = signal;
      await condition(signal);
    });
    return true;
  } catch (error) {
    if (bound?.aborted || limits.signals.some(signal => signal.aborted)) return false;
    throw error;
  }
}
