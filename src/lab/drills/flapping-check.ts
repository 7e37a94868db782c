/**
 * A PoP that breaks whenever it has work: it fails as soon as its route is back, and is well as soon as it is gone.
 *
 * Each time the route stays away longer, and soon it is suppressed: the Internet hears of a few changes, however often the
 * fault comes and goes. Whoever ends the fault for good says so with `anycast undrain`, and need not wait.
 */
import type { AnycastConfig } from '../../config/anycast-config.ts';
import { allMove, allReturn, othersStay, wroteDown } from '../claims.ts';
import { type Claim, defineDrill, type Outcome, type Stage } from '../drill.ts';
import { insertStandIn, removeStandIn, startStandIn, takeOutStandIn } from '../stand-in.ts';

/** How often the fault comes and goes. */
const flaps = 10;
/** Milliseconds until the PoP must have withdrawn, and until its checks are up again beside the hold. */
const noticedMs = 900;
/** Milliseconds of each state once the route stays away: about as long as three probes take to see it. */
const quickMs = 300;
/** What the neighbour may hear, per address; undamped, each flap is two changes. */
const heardChanges = flaps;

export const flappingCheck = defineDrill({
  name: 'flapping-check',
  summary: 'answers turn to SERVFAIL and back, over and over',
  needs: {
    what: `damping that suppresses after ${flaps / 2} flaps`,
    has: (_, { damping }) => damping !== 'off' && damping.suppress < flaps / 2,
  },
  prepare: async stage => await startStandIn(stage, 'servfail'),
  inject: async stage => {
    const backMs = longestHoldMs(stage.config) + noticedMs;
    let held = false;
    for (let flap = 0; flap < flaps; flap += 1) {
      await insertStandIn(stage);
      if (held) await stage.pause(quickMs);
      else await becomes(false, noticedMs, stage);
      await takeOutStandIn(stage);
      // The last one leaves the PoP well, with a route that must stay away all the same.
      if (held || flap === flaps - 1) await stage.pause(quickMs);
      else held = !(await becomes(true, backMs, stage));
    }
  },
  heal: async stage => {
    await removeStandIn(stage);
    // It says whether the PoP announces again already, which is for `returnedMs` to tell.
    await stage.command(stage.pop, 'undrain');
  },
  claims: outcome => [
    changesAreFew(outcome),
    wroteDown('the PoP says until when it is suppressed', isSuppression, { outcome }),
    allMove(outcome),
    othersStay(outcome),
    allReturn(outcome),
  ],
});

/** How long a route is held back at most before it is suppressed altogether: the hold doubles with each flap that counts. */
function longestHoldMs({ damping }: AnycastConfig): number {
  return damping === 'off' ? 0 : damping.hold * 2 ** Math.max(0, Math.ceil(damping.suppress) - 2);
}

/** Waits until the neighbours forward to the PoP, or do not. Gives whether it came true within `ms`. */
async function becomes(forwarded: boolean, ms: number, stage: Stage): Promise<boolean> {
  const stepMs = 20;
  for (let waitedMs = 0; waitedMs < ms; waitedMs += stepMs) {
    if (stage.isForwardedTo(stage.pop) === forwarded) return true;
    await stage.pause(stepMs);
  }
  return false;
}

function changesAreFew({ routes, pop, healedMs }: Outcome): Claim {
  // Coming back after the heal is one more.
  const heard = Math.max(0, (routes[pop]?.changes ?? 0) - 1);
  return {
    claim: `${flaps} flaps change a route at the neighbour at most ${heardChanges} times`,
    ok: heard > 0 && heard <= heardChanges,
    observed: `${heard} changes in ${(healedMs / 1000).toFixed(1)} s`,
  };
}

function isSuppression({ kind, suppressed, untilMs }: Outcome['events'][string][number]): boolean {
  return kind === 'damping' && suppressed === true && typeof untilMs === 'number';
}
