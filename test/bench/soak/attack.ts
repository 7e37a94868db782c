/** The thread with the attackers, seen from outside. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Fault } from '../../../src/system/fault.ts';
import type { Tallies } from './attack-thread.ts';

/** Milliseconds for the attackers to close what they have open. */
const endsWithinMs = 10_000;

export interface Attack extends AsyncDisposable {
  /** Ends it and gives what was counted. */
  end(): Promise<Tallies>;
}

/** Resolves when the hostile server listens; the attackers have begun then. */
export async function startAttack(): Promise<Attack> {
  const worker = new Worker(new URL('./attack-thread.ts', import.meta.url));
  let failure: unknown;
  worker.on('error', error => {
    failure = error;
  });
  await once(worker, 'message');
  return {
    async end() {
      if (failure) throw new Fault('internal', 'the attackers ended before their time', { cause: failure });
      const last = once(worker, 'message', { signal: AbortSignal.timeout(endsWithinMs) });
      worker.postMessage('end');
      const [tallies] = await last;
      return tallies;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
