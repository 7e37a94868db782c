/** The root of the lab's universe: nothing but the delegation of `test.`, which comes of itself. */
import { defineZone } from '../zone.ts';

export const root = defineZone({ origin: '.', ttl: 3600, dnssec: 'signed', records: () => [] });
