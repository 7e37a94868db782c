/**
 * The PoPs no longer reach each other, and then one of them falls softly ill: it cannot know whether others are left, so it
 * stays. Its clients get SERVFAIL, which is bad, and less bad than a service that withdrew everywhere because of a cut
 * between its own PoPs. As soon as the PoPs reach each other again, the sick one withdraws.
 */
import { allMove, allReturn, othersStay, sayingWhy } from '../claims.ts';
import { type Claim, defineDrill, type Outcome, type Stage } from '../drill.ts';
import { dropArriving, dropNothing, fromAddresses } from '../faults/firewall.ts';
import { insertStandIn, removeStandIn, startStandIn } from '../stand-in.ts';

/** Milliseconds that the sick PoP is alone with its fault. */
const aloneMs = 1500;
/** Milliseconds beyond one round of looking at peers, from the reconnection to the withdrawal. */
const marginMs = 1000;

export const managementPartition = defineDrill({
  name: 'management-partition',
  summary: 'PoPs cannot reach each other, and one falls ill',
  everywhere: true,
  needs: { what: 'a service with other PoPs', has: (_, { pops }) => Object.keys(pops).length > 1 },
  prepare: async stage => {
    await startStandIn(stage, 'servfail');
    await separatePops(stage);
    // Until what every agent knows of the others is old: a look that just began, one that fails, and its patience.
    const { interval, timeout } = stage.config.peers;
    await stage.pause(2 * (interval + timeout));
  },
  inject: async stage => {
    await insertStandIn(stage);
    await stage.pause(aloneMs);
    stage.mark('reconnected');
    await reunitePops(stage);
  },
  heal: async stage => {
    await reunitePops(stage);
    await removeStandIn(stage);
  },
  claims: (outcome, { peers }) => [
    staysWhileAlone(outcome),
    onlyErrors(outcome),
    goesWhenReconnected(peers.interval + peers.timeout + marginMs, outcome),
    allMove(outcome),
    othersStay(outcome),
    allReturn(outcome),
  ],
});

async function separatePops(stage: Stage): Promise<void> {
  const pops = Object.entries(stage.config.pops);
  await Promise.all(
    pops.map(async ([pop]) => {
      const others = pops.filter(([other]) => other !== pop).flatMap(([, { management }]) => management);
      await dropArriving(stage, pop, fromAddresses(others));
    }),
  );
}

async function reunitePops(stage: Stage): Promise<void> {
  await dropNothing(stage, Object.keys(stage.config.pops));
}

function staysWhileAlone(outcome: Outcome): Claim {
  const { routes, marks } = outcome;
  const { reconnected = 0 } = marks;
  const early = Object.keys(routes).filter(pop => (routes[pop]?.leftMs ?? reconnected) < reconnected);
  return {
    claim: 'no PoP withdraws while none knows of the others',
    ok: early.length === 0,
    observed: early.length === 0 ? 'none did' : sayingWhy(early, outcome),
  };
}

function onlyErrors({ probes: { errors, refused, silent } }: Outcome): Claim {
  return {
    claim: 'clients of the sick PoP get SERVFAIL, none waits for nothing',
    ok: errors > 0 && refused + silent === 0,
    observed: `${errors} errors, ${refused} refused, ${silent} without any answer`,
  };
}

function goesWhenReconnected(boundMs: number, { pop, spans, marks: { reconnected = 0 } }: Outcome): Claim {
  const afterMs = spans.neighbourMs === null ? null : spans.neighbourMs - reconnected;
  return {
    claim: `${pop} withdraws within ${boundMs} ms of the reconnection`,
    ok: afterMs !== null && afterMs >= 0 && afterMs <= boundMs,
    observed: afterMs === null ? 'it did not' : `${afterMs.toFixed(0)} ms after it`,
  };
}
