/**
 * Runs a measurement, and gives its exit code. SIGINT and SIGTERM abort it, so that it ends what it started. What it throws is
 * said on standard error, and it counts as not run.
 */
import { describeWithHint, exitCodes, Fault } from '../../src/system/fault.ts';

export async function interruptible(measure: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(new Fault('refused', 'interrupted'));
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.once(name, abort);
  try {
    return await measure(stop.signal);
  } catch (thrown) {
    // What went wrong first; that cleaning up then failed as well is its consequence.
    const error = thrown instanceof SuppressedError ? thrown.suppressed : thrown;
    process.stderr.write(`${describeWithHint(error)}\n`);
    return exitCodes.notRun;
  } finally {
    for (const name of names) process.off(name, abort);
  }
}
