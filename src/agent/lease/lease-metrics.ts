/** The lease in metrics, made of its events. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type LeaseEvent, type LeaseState, leaseStates } from './lease-event.ts';

/** Gives what hears each event; other events are none of its business. */
export function leaseMetrics(registry: Registry): (event: LeaseEvent | { readonly kind: string }) => void {
  const registers = [registry];
  const state = new Gauge({
    name: 'anycast_agent_lease_state',
    help: '1 for the state of the lease at the sidecar',
    labelNames: ['state'],
    registers,
  });
  const lapses = new Counter({
    name: 'anycast_agent_lease_lapses_total',
    help: 'Times the lease had run out and the sidecar had the routes, by what it did with them',
    labelNames: ['routes'],
    registers,
  });
  const setState = (now: LeaseState): void => {
    for (const each of leaseStates) state.set({ state: each }, Number(each === now));
  };
  setState('lost');
  for (const routes of ['withdraw', 'hold'] as const) lapses.inc({ routes }, 0);
  return event => {
    if (event.kind === 'lease' && 'state' in event) setState(event.state);
    if (event.kind === 'lease-lapsed' && 'routes' in event) lapses.inc({ routes: event.routes });
  };
}
