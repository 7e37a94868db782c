/** The top-level domain `test.`: delegations, and the addresses of the nameservers, which are named below it. */
import { defineZone } from '../zone.ts';

export const tld = defineZone({ origin: 'test.', ttl: 3600, dnssec: 'signed', records: () => [] });
