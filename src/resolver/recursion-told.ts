/** What recursion and the exchange with name servers have counted, for whoever reads the metrics page. */
import { type RecursionNumbers, recursionShed } from './iterator/recursion-numbers.ts';
import type { Told } from './told.ts';

/** `current` is looked up at each reading: a reload may put another in its place, and its counters begin at 0. */
export function recursionTold(current: () => RecursionNumbers): Told[] {
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_server_messages_total',
      help: 'Messages sent to name servers',
      labels: ['transport'],
      read: () => Object.entries(current().exchange.sent),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_server_events_total',
      help: 'What came of asking name servers',
      labels: ['event'],
      read: () => {
        const { sent: _, shed: __, ...events } = current().exchange;
        return Object.entries(events);
      },
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_recursion_shed_total',
      help: 'Questions not asked because too many were under way, in all, to a server or in a zone',
      read: () => recursionShed(current()),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_recursion_limits_total',
      help: 'Look-ups cut short, by the limit they ran into',
      labels: ['limit'],
      read: () => {
        const { iterator, flights } = current();
        const { aliasLimits, referralLimits, addressLimits, unasked, rememberedFailures } = iterator;
        return [
          ['aliases', aliasLimits],
          ['referrals', referralLimits],
          ['addresses', addressLimits],
          ['circle', flights.circles],
          ['zone-gone', unasked],
          ['remembered-failure', rememberedFailures],
        ];
      },
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_lookups_under_way',
      help: 'Names being looked up by recursion',
      read: () => current().now.questions,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_delegations',
      help: 'Zones whose name servers are known',
      read: () => current().now.delegations,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_servers_known',
      help: 'Name servers of which something is remembered',
      read: () => current().now.serversKnown,
    },
  ];
}
