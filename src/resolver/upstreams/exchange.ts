/** What an exchange with an upstream is told, over either transport. */

import type { Upstream } from './upstream.ts';
import type { UpstreamQuery } from './upstream-query.ts';

export interface ExchangeRequest {
  readonly upstream: Upstream;
  readonly port: number;
  readonly query: UpstreamQuery;
  readonly signal: AbortSignal;
  /** Octets came that were not the answer. */
  readonly onMismatch: () => void;
  /** The network says that nobody is there. Only a hint: it can be forged, so the wait goes on. */
  readonly onUnreachable: () => void;
}
