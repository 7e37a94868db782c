/** The resolver lives and answers, but every answer is SERVFAIL. */
import { commonClaims, gapWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { insertStandIn, removeStandIn, startStandIn } from '../stand-in.ts';

/** Milliseconds; three probes in a row have to see it. */
const boundMs = 1000;

export const brownOut = defineDrill({
  name: 'brown-out',
  summary: 'every answer of a PoP is SERVFAIL, its resolver lives',
  prepare: async stage => await startStandIn(stage, 'servfail'),
  inject: insertStandIn,
  heal: removeStandIn,
  claims: outcome => [gapWithin(boundMs, outcome), ...commonClaims(outcome)],
});
