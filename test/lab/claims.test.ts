import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import { agentLossClaims, commonClaims, nobodyWithdraws, othersStay } from '../../src/lab/claims.ts';
import type { Claim, Outcome } from '../../src/lab/drill.ts';
import { drills } from '../../src/lab/drills.ts';
import type { Catchment } from '../../src/lab/prober/analysis.ts';

const config = await loadDeployment('anycast.yaml');

const calm = { leftMs: null, changes: 0, fallbackChanges: 0 };
const noLosses = { lost: 0, errors: 0, refused: 0, silent: 0 };

function servedBy(eu: string): Catchment {
  const entry = (pop: string) => ({ v4: { pop, rttMs: 1 }, v6: { pop, rttMs: 1 } });
  return { 'client-eu': entry(eu), 'client-na': entry('nyc') };
}

/** A fault of which nothing was seen: nobody withdrew, nobody moved, nothing was lost. */
const uneventful: Outcome = {
  pop: 'fra',
  probes: { sent: 100, answered: 100, ...noLosses },
  losses: { 'client-eu/v4': noLosses, 'client-na/v4': noLosses },
  lostOnReturn: 0,
  longestGapMs: 0,
  spans: { detectedMs: null, withdrawnMs: null, neighbourMs: null, firstAnswerElsewhereMs: null },
  catchment: { before: servedBy('fra'), after: servedBy('fra'), restored: servedBy('fra') },
  healedMs: 2000,
  returnedMs: 0,
  othersWithdrew: [],
  routes: { fra: calm, nyc: calm, sin: calm },
  events: { fra: [], nyc: [], sin: [] },
  commands: [],
  marks: {},
};

/** The clients of fra moved to nyc after `leftMs`, lost nothing, and came back. */
function moved(leftMs: number): Outcome {
  return {
    ...uneventful,
    spans: { detectedMs: 1, withdrawnMs: 2, neighbourMs: leftMs, firstAnswerElsewhereMs: leftMs },
    catchment: { ...uneventful.catchment, after: servedBy('nyc') },
    routes: { ...uneventful.routes, fra: { leftMs, changes: 2, fallbackChanges: 0 } },
    returnedMs: 500,
  };
}

function failed(claims: readonly Claim[]): string[] {
  return claims.filter(({ ok }) => !ok).map(({ claim }) => claim);
}

describe('the claims of a drill', () => {
  for (const { name, claims } of drills) {
    it(`fail when nothing was seen of ${name}`, () => {
      assert.notDeepEqual(failed(claims(uneventful, config)), []);
    });

    it(`fail when clients of ${name} do not come back`, () => {
      const stranded = { ...moved(10), returnedMs: null };
      assert.ok(failed(claims(stranded, config)).some(claim => /returns/.test(claim)));
    });
  }

  it('in common hold when clients move and come back', () => {
    assert.deepEqual(failed(commonClaims(moved(10))), []);
  });

  it('in common fail when a client is answered by nobody, by the sick PoP, or when another PoP withdraws', () => {
    const nobody = { 'client-eu': { v4: { pop: null, rttMs: null } } };
    const after = (catchment: Catchment): Outcome => ({
      ...moved(10),
      catchment: { ...uneventful.catchment, after: catchment },
    });
    assert.deepEqual(failed(commonClaims(after(nobody))), ['every client of fra is answered by another PoP']);
    assert.deepEqual(failed(commonClaims(after(servedBy('fra')))), [
      'every client of fra is answered by another PoP',
    ]);
    assert.deepEqual(failed(commonClaims({ ...moved(10), othersWithdrew: ['sin'] })), [
      'no other PoP withdraws',
    ]);
  });
});

describe('the claims that nobody withdraws', () => {
  const detail = 'withdrawn: upstream: SERVFAIL, not NOERROR (here alone)';
  const events = {
    ...uneventful.events,
    fra: [
      { kind: 'decision', monotonicMs: 1, afterMs: 1, announced: ['203.0.113.53/32'], detail: 'tolerated' },
      { kind: 'decision', monotonicMs: 2, afterMs: 2, announced: [], detail },
      { kind: 'observed', monotonicMs: 3, afterMs: 3, outcome: 'withdrawn' },
    ],
    nyc: [
      { kind: 'session', monotonicMs: 4, afterMs: 4, state: 'down', detail: 'BFD session down' },
      { kind: 'observed', monotonicMs: 4, afterMs: 4, outcome: 'withdrawn' },
    ],
  };

  it('say why a PoP did: by its decision, or by its router', () => {
    const routes = { ...uneventful.routes, sin: { leftMs: 9, changes: 1, fallbackChanges: 0 } };
    const { ok, observed } = nobodyWithdraws({ ...uneventful, events, routes });
    assert.equal(ok, false);
    assert.deepEqual(observed.split('; '), [
      `fra (decision after 2 ms: ${detail})`,
      'nyc (session after 4 ms: BFD session down)',
      'sin (its agent tells of no reason)',
    ]);
  });

  it('say so of other PoPs too', () => {
    const { observed } = othersStay({ ...uneventful, events, othersWithdrew: ['nyc'] });
    assert.equal(observed, 'nyc (session after 4 ms: BFD session down)');
  });
});

describe('the claims of a lost agent', () => {
  const leaseWith = (onAgentLoss: 'withdraw' | 'hold') => ({
    ...config,
    lease: { duration: 3000, onAgentLoss },
  });

  it('hold when its route goes with the lease, and fail when it goes later', () => {
    assert.deepEqual(failed(agentLossClaims(500, moved(3400), leaseWith('withdraw'))), []);
    assert.deepEqual(failed(agentLossClaims(500, moved(3600), leaseWith('withdraw'))), [
      'no neighbour forwards to fra after 3500 ms',
    ]);
  });

  it('hold when nothing changes and the lease is to hold, and fail when a route goes', () => {
    assert.deepEqual(failed(agentLossClaims(500, uneventful, leaseWith('hold'))), []);
    assert.ok(failed(agentLossClaims(500, moved(3400), leaseWith('hold'))).includes('no PoP withdraws'));
  });

  it('fail when the sessions went too, or a query was lost', () => {
    const reset = { ...moved(3400), routes: { fra: { leftMs: 3400, changes: 2, fallbackChanges: 2 } } };
    assert.deepEqual(failed(agentLossClaims(500, reset, leaseWith('withdraw'))), [
      'sessions and fallback prefixes stay',
    ]);
    const lossy = { ...moved(3400), probes: { ...uneventful.probes, answered: 99, lost: 1, silent: 1 } };
    assert.deepEqual(failed(agentLossClaims(500, lossy, leaseWith('withdraw'))), ['no query is lost']);
  });
});
