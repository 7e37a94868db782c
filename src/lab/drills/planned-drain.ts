/** An operator takes a PoP out of service and brings it back, and no client notices. */
import { commonClaims, nothingLost } from '../claims.ts';
import { defineDrill } from '../drill.ts';

export const plannedDrain = defineDrill({
  name: 'planned-drain',
  summary: '`anycast drain` on one PoP, then `anycast undrain`',
  inject: async ({ kit }) => void (await kit('drain')),
  heal: async ({ kit }) => void (await kit('undrain')),
  claims: outcome => [nothingLost(outcome), ...commonClaims(outcome)],
});
