/** A clock that stands still until told: sleepers wake in order of their time, and `advance` waits for what they do. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/system/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time forward, waking each sleeper at its own moment. */
  advance(ms: number): Promise<void>;
}

export function fakeClock(startMs = 1_000_000): FakeClock {
  let now = startMs;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    wallMs: () => now,
    monotonicMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          if (sleepers.delete(sleeper)) reject(signal.reason);
        });
      }),
    async advance(ms) {
      const until = now + ms;
      for (;;) {
        await settle();
        const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
        if (!next || next.at > until) break;
        sleepers.delete(next);
        now = Math.max(now, next.at);
        next.wake();
      }
      now = until;
      await settle();
    },
  };
}

/** Lets every promise and immediate that is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}
