/** A signed zone whose chain of trust is whole, up to the root's key. */
import { defineZone } from '../zone.ts';

export const signed = defineZone({
  origin: 'signed.test.',
  ttl: 300,
  dnssec: 'signed',
  records: () => [
    'www     A      198.51.100.83',
    'www     AAAA   2001:db8:ffff::83',
    'alias   CNAME  www',
    '*.wild  A      198.51.100.84',
    '@       MX     10 www',
    '@       TXT    "signed"',
  ],
});
