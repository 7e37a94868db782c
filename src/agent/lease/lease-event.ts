/** What there is to say of the lease, as it changes: for the event log and the metrics. */
import type { LapseRoutes } from './lease-answer.ts';

/**
 * - `held`: this agent may change what is announced;
 * - `lost`: it may not, until it has renewed; it may always withdraw;
 * - `no-sidecar`: nobody serves `sidecar.sock`, so nobody else is at the router: it may, and nobody stands in for it.
 */
export type LeaseState = 'held' | 'lost' | 'no-sidecar';

export const leaseStates = ['held', 'lost', 'no-sidecar'] as const satisfies readonly LeaseState[];

export type LeaseEvent =
  | { readonly kind: 'lease'; readonly state: LeaseState; readonly detail: string }
  /** The lease had run out, and the sidecar had the routes. */
  | { readonly kind: 'lease-lapsed'; readonly routes: LapseRoutes; readonly detail: string };
