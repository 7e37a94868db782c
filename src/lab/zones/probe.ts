/** A zone in which every name exists and nothing may be cached: a query with a name of its own always goes upstream. */
import { defineZone } from '../zone.ts';

export const probe = defineZone({
  origin: 'probe.test.',
  ttl: 0,
  dnssec: 'none',
  records: () => ['*  A     198.51.100.90', '*  AAAA  2001:db8:ffff::90', '*  TXT   "probe"'],
});
