/**
 * A GoBGP router dies and is started again at once. It has forgotten everything; the agent notices that it is back and
 * tells it again, without anyone's help.
 */
import { allReturn, gapWithin, othersStay } from '../claims.ts';
import { type Claim, defineDrill, type Outcome } from '../drill.ts';
import { restartSidecar, routerOf } from '../faults/processes.ts';

/** Milliseconds; the sessions close with the process, and clients go elsewhere until they are back. */
const boundMs = 1000;

export const gobgpdRestarted = defineDrill({
  name: 'gobgpd-restarted',
  summary: 'gobgpd is killed, and started again with nothing',
  needs: { what: 'a PoP with `driver: gobgp`', has: ({ driver }) => driver === 'gobgp' },
  inject: async stage => {
    await stage.lab.signalProcess(stage.pop, routerOf(stage), 'SIGKILL');
    await restartSidecar(stage);
    stage.mark('restarted');
  },
  isSeen: look => look.allHome(),
  heal: async stage => {
    // The restart is the drill; what is left is the case that it did not get so far.
    if (!stage.isForwardedTo(stage.pop)) await restartSidecar(stage);
  },
  claims: outcome => [
    gapWithin(boundMs, outcome),
    appliesAgain(outcome),
    othersStay(outcome),
    allReturn(outcome),
  ],
});

function appliesAgain({ events, pop, marks: { restarted = 0 }, healedMs }: Outcome): Claim {
  const isAgain = ({ afterMs }: { readonly afterMs: number }): boolean =>
    afterMs > restarted && afterMs < healedMs;
  const own = events[pop]?.filter(isAgain) ?? [];
  const applied = own.find(({ kind }) => kind === 'applied');
  const seen = own.find(({ kind, outcome }) => kind === 'observed' && outcome === 'announced');
  return {
    claim: 'the agent applies again, and sees the routes announced',
    ok: applied !== undefined && seen !== undefined,
    observed: [applied, seen]
      .map(event =>
        event ? `${event.kind} ${(event.afterMs - restarted).toFixed(0)} ms after the start` : 'not seen',
      )
      .join(', '),
  };
}
