/** A zone that was signed and then changed: its addresses do not match their signatures, all else in it does. */
import { defineZone } from '../zone.ts';

export const bogus = defineZone({
  origin: 'bogus.test.',
  ttl: 300,
  dnssec: 'broken',
  records: () => [
    'www     A     198.51.100.85',
    '@       A     198.51.100.85',
    'intact  TXT   "this one is as it was signed"',
  ],
});
