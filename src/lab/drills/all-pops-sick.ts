/**
 * Every resolver is gone at once, so every PoP withdraws its host routes. The fallback prefix goes on carrying clients to
 * the nearest PoP, whose kernel tells them that nobody is there: they fail at once and visibly, and come back by themselves.
 */
import { allReturn, fallbackStays } from '../claims.ts';
import { type Claim, defineDrill, type Outcome } from '../drill.ts';
import { ensureStarted } from '../faults/processes.ts';

/** Milliseconds: long enough for each client to be told more than once. */
const lastsMs = 2500;

export const allPopsSick = defineDrill({
  name: 'all-pops-sick',
  summary: 'SIGKILL to every resolver: clients fail visibly',
  everywhere: true,
  inject: async ({ lab, config }) => {
    await Promise.all(
      Object.keys(config.pops).map(async pop => await lab.signalProcess(pop, 'resolver', 'SIGKILL')),
    );
  },
  isSeen: ({ elapsedMs, config, isForwardedTo }) =>
    elapsedMs > lastsMs && !Object.keys(config.pops).some(isForwardedTo),
  heal: async stage => {
    const pops = Object.keys(stage.config.pops);
    await Promise.all(pops.map(async pop => await ensureStarted(stage, pop, 'resolver')));
  },
  claims: outcome => [
    allWithdraw(outcome),
    fallbackStays(Object.keys(outcome.routes), outcome),
    everyoneIsTold(outcome),
    allReturn(outcome),
  ],
});

function allWithdraw({ routes }: Outcome): Claim {
  const still = Object.keys(routes).filter(pop => routes[pop]?.leftMs === null);
  return {
    claim: 'every PoP withdraws its host routes',
    ok: still.length === 0,
    observed: still.length === 0 ? 'all did' : `not ${still.join(', ')}`,
  };
}

/** A kernel sends each client few ICMP errors a second (icmp(7)): some hear of it at this rate of asking, not every query. */
function everyoneIsTold({ losses, probes: { refused, silent } }: Outcome): Claim {
  const untold = Object.keys(losses).filter(client => losses[client]?.refused === 0);
  return {
    claim: 'every client is told by ICMP, as often as kernels tell',
    ok: untold.length === 0,
    observed: untold.length === 0 ? `${refused} refused, ${silent} silent` : `not ${untold.join(', ')}`,
  };
}
