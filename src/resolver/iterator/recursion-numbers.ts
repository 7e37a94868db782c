/** What recursion and the exchange with name servers show of themselves: plain numbers, of one thread or of several added up. */
import type { ExchangeCounters } from '../exchange/exchange-counters.ts';
import type { IteratorCounters } from './iterator-counters.ts';

export interface RecursionNumbers {
  readonly exchange: Readonly<ExchangeCounters>;
  readonly iterator: Readonly<IteratorCounters>;
  readonly flights: {
    /** Waits that would have closed a circle. */
    readonly circles: number;
    readonly shed: number;
  };
  /** As of now. */
  readonly now: {
    /** Names being looked up. */
    readonly questions: number;
    readonly delegations: number;
    readonly serversKnown: number;
  };
}

/** Questions not asked because too many were under way. */
export function recursionShed({ exchange, iterator, flights }: RecursionNumbers): number {
  const { attempts, server, zone, joiners } = exchange.shed;
  return iterator.shed + flights.shed + attempts + server + zone + joiners;
}
