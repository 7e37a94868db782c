/** Doing something so many times a second, evenly, until told to end. */
import { setTimeout as delay } from 'node:timers/promises';

const tickMs = 20;
/** What a late tick may make up for, seconds: this process's own delays are not to become bursts. */
const catchUpSeconds = 0.2;

export async function pace(perSecond: number, signal: AbortSignal, act: () => void): Promise<void> {
  let owed = 0;
  let lastMs = performance.now();
  while (!signal.aborted) {
    const nowMs = performance.now();
    owed = Math.min(owed + ((nowMs - lastMs) * perSecond) / 1000, Math.max(1, perSecond * catchUpSeconds));
    lastMs = nowMs;
    for (; owed >= 1 && !signal.aborted; owed -= 1) act();
    await delay(tickMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Takes the elements in turn, for ever. */
export function inTurn<T>(items: readonly T[]): () => T {
  let next = 0;
  return () => {
    const item = items[next++ % items.length];
    if (item === undefined) throw new RangeError('nothing to take in turn');
    return item;
  };
}

export function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}
