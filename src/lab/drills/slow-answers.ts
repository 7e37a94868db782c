/** The resolver lives and its answers are right, but they come too late to be of use. */
import { commonClaims, gapWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { insertStandIn, removeStandIn, startStandIn } from '../stand-in.ts';

/** Milliseconds; three probes in a row have to run into their latency budget. */
const boundMs = 1000;

export const slowAnswers = defineDrill({
  name: 'slow-answers',
  summary: 'every answer of a PoP comes later than clients wait',
  prepare: async stage => await startStandIn(stage, 'slow'),
  inject: insertStandIn,
  heal: removeStandIn,
  claims: outcome => [gapWithin(boundMs, outcome), ...commonClaims(outcome)],
});
