/** The link of a PoP stays up and carries nothing, in either direction, without a word to either end. */
import { commonClaims, gapWithin, goneWithin } from '../claims.ts';
import { defineDrill } from '../drill.ts';
import { restoreLinks, runsBfd, swallowLinks } from '../faults/links.ts';

/** Milliseconds; BFD takes three intervals of 100 ms. */
const boundMs = 1000;

export const linkSwallowsPackets = defineDrill({
  name: 'link-swallows-packets',
  summary: 'everything on the links of one PoP vanishes silently',
  needs: runsBfd,
  inject: swallowLinks,
  heal: restoreLinks,
  claims: outcome => [gapWithin(boundMs, outcome), goneWithin(boundMs, outcome), ...commonClaims(outcome)],
});
