/**
 * The router's configuration breaks under it, and an operator drains the PoP: the router refuses what the agent writes.
 *
 * Clients notice nothing: the routes of before stay, the resolver answers, and the drain waits. When the configuration is
 * mended the agent's next attempt succeeds, and the drain goes on. Had the resolver died instead, clients would be refused
 * until someone mends the configuration: the alarm is what this is about.
 */
import { commonClaims, nothingLost, wroteDown } from '../claims.ts';
import { defineDrill, type Outcome, type Stage } from '../drill.ts';
import { breakNeighbours, mendNeighbours } from '../faults/router-files.ts';

/** Milliseconds that the configuration is broken while the drain waits: several attempts. */
const brokenMs = 1500;
/** Milliseconds from the mending to the withdrawal; the pause between attempts doubles from 200 ms. */
const retriedMs = 3000;

export const reloadRefused = defineDrill({
  name: 'reload-refused',
  summary: 'a bad include breaks the router’s files before a drain',
  needs: { what: 'a PoP that runs BIRD', has: ({ driver }) => driver === 'bird' },
  inject: async stage => {
    await breakNeighbours(stage);
    const drained = stage.kit('drain');
    // It ends with the drain; whoever fails before is heard first.
    drained.catch(() => undefined);
    await stage.pause(brokenMs);
    await mend(stage);
    await drained;
  },
  heal: async stage => {
    await mendNeighbours(stage);
    await stage.kit('undrain');
  },
  claims: outcome => [
    nothingLost(outcome),
    wroteDown(
      'the refusal raises an alarm',
      ({ kind, code }) => kind === 'apply-failed' && code === 'refused',
      {
        outcome,
      },
    ),
    ...routeClaims(outcome),
    ...commonClaims(outcome),
  ],
});

async function mend(stage: Stage): Promise<void> {
  stage.mark('mended');
  await mendNeighbours(stage);
}

function routeClaims({
  spans: { neighbourMs },
  marks: { mended = 0 },
}: Outcome): ReturnType<typeof commonClaims> {
  const observed =
    neighbourMs === null ? 'never gone' : `gone ${(neighbourMs - mended).toFixed(0)} ms after it`;
  return [
    {
      claim: 'the routes of before stay until the configuration is mended',
      ok: neighbourMs === null || neighbourMs >= mended,
      observed,
    },
    {
      claim: `the drain goes on by itself within ${retriedMs} ms of the mending`,
      ok: neighbourMs !== null && neighbourMs - mended <= retriedMs,
      observed,
    },
  ];
}
