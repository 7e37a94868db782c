/** What has been counted of cookies and limits, for whoever reads the metrics page. */
import { type Told, toldCounts } from '../told.ts';
import type { ClientCounters } from './client-counters.ts';

export function clientsTold({ cookies, limited, secrets }: ClientCounters): Told[] {
  return [
    toldCounts(
      {
        name: 'anycast_resolver_client_cookies_total',
        help: 'Queries by the cookie they brought',
        label: 'status',
      },
      cookies,
    ),
    toldCounts(
      {
        name: 'anycast_resolver_limited_total',
        help: 'Queries over a limit of their client',
        label: 'outcome',
      },
      limited,
    ),
    toldCounts(
      {
        name: 'anycast_resolver_cookie_secret_loads_total',
        help: 'Times the file of cookie secrets was read',
        label: 'outcome',
      },
      secrets as Readonly<Record<'loaded' | 'failed', number>>,
    ),
  ];
}
