/** The system's clock, and a process that can be made to have been away: time goes by and none of its timers with it. */
import { type Clock, systemClock } from '../../src/system/clock.ts';

export interface JumpingClock extends Clock {
  jump(ms: number): void;
}

export function jumpingClock(): JumpingClock {
  let awayMs = 0;
  return {
    wallMs: () => systemClock.wallMs() + awayMs,
    monotonicMs: () => systemClock.monotonicMs() + awayMs,
    sleep: systemClock.sleep,
    jump(ms) {
      awayMs += ms;
    },
  };
}
