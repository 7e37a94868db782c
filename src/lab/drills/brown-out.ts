/** The resolver lives and answers, but every answer is SERVFAIL. */
import { commonClaims, defineDrill, gapWithin } from '../drill.ts';
import { removeStandIn, standIn } from '../stand-in.ts';

/** Milliseconds; three probes in a row have to see it. */
const boundMs = 1000;

export const brownOut = defineDrill({
  name: 'brown-out',
  summary: 'every answer of one PoP becomes SERVFAIL, while its resolver looks alive',
  inject: async stage => await standIn(stage, 'servfail'),
  heal: removeStandIn,
  claims: outcome => [gapWithin(boundMs, outcome), ...commonClaims(outcome)],
});
