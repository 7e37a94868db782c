/** An everyday zone: one of each common record, an alias and a chain of them, and an answer too large for UDP. */
import { defineZone } from '../zone.ts';

/** TXT strings of 200 octets: 16 of them pass 1232 and 1500 octets, and so need TCP. */
const largeStrings = Array.from(
  { length: 16 },
  (_, index) => `"${String(index).padStart(2, '0').repeat(100)}"`,
);

export const plain = defineZone({
  origin: 'plain.test.',
  ttl: 300,
  dnssec: 'none',
  records: () => [
    'www          A      198.51.100.80',
    'www          AAAA   2001:db8:ffff::80',
    'www          TXT    "a leaf of the tree"',
    '@            A      198.51.100.80',
    '@            AAAA   2001:db8:ffff::80',
    '@            MX     10 mail',
    '@            CAA    0 issue "ca.test"',
    'mail         A      198.51.100.25',
    'alias        CNAME  www',
    'alias-chain  CNAME  alias',
    'dangling     CNAME  nothing-here',
    '_dns._udp    SRV    0 0 53 www',
    'web          HTTPS  1 . alpn="h2"',
    '*.wild       A      198.51.100.81',
    'short        1 A    198.51.100.82',
    ...largeStrings.map(text => `large        TXT    ${text}`),
  ],
});
