/**
 * Looks whether the service addresses are on `lo`, for those whose addresses are put there by something else than the
 * agent, and for notice at the check's own pace: the agent looks once a second.
 *
 * The trap: an address that is missing here is still reached. The route to it leads to another PoP then, so whoever asks
 * from this machine gets good answers. Nothing but the interface itself tells. A missing address cannot be a passing
 * mishap, so no threshold waits for a second look.
 */
import { z } from 'zod';
import { defineHealthCheck } from '../health-check.ts';
import { missingFrom } from '../missing-addresses.ts';

const options = z.strictObject({
  /** Where the addresses live when that is a dummy interface. */
  interface: z.string().min(1).max(15).default('lo'),
});

export const addressCheck = defineHealthCheck<z.output<typeof options>>({
  kind: 'address',
  faultClass: 'local-hard',
  options,
  async probe({ interface: place }, { serviceAddresses }) {
    const missing = missingFrom(place, serviceAddresses);
    if (missing.length === 0) return { kind: 'healthy', detail: `all on ${place}` };
    const texts = missing.map(({ text }) => text).join(', ');
    const reason = `not on ${place}: ${texts}`;
    return { kind: 'unhealthy', reason, immediate: true };
  },
});
