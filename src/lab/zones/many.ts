/** A zone of thousands of names, for filling caches: `n0` to `n4999`. */
import { defineZone } from '../zone.ts';

const names = 5000;

export const many = defineZone({
  origin: 'many.test.',
  ttl: 300,
  dnssec: 'none',
  records: () =>
    Array.from(
      { length: names },
      (_, index) =>
        `n${index} A 198.51.100.${index % 250}\nn${index} AAAA 2001:db8:ffff::${index.toString(16)}`,
    ),
});
