/** What recursion and the exchange with name servers have counted, for whoever reads the metrics page. */
import type { Recursion } from './iterator/recursion.ts';
import type { Told } from './told.ts';

/** `current` is looked up at each reading: a reload may put another in its place, and its counters begin at 0. */
export function recursionTold(current: () => Recursion): Told[] {
  const exchange = () => current().authorities;
  const iterator = () => current().iterator;
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_server_messages_total',
      help: 'Messages sent to name servers',
      labels: ['transport'],
      read: () => Object.entries(exchange().counters.sent),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_server_events_total',
      help: 'What came of asking name servers',
      labels: ['event'],
      read: () => {
        const { sent: _, shed: __, ...events } = exchange().counters;
        return Object.entries(events);
      },
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_recursion_shed_total',
      help: 'Questions not asked because too many were under way, in all, to a server or in a zone',
      read: () => current().shed,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_recursion_limits_total',
      help: 'Look-ups cut short, by the limit they ran into',
      labels: ['limit'],
      read: () => {
        const { aliasLimits, referralLimits, addressLimits, unasked, rememberedFailures } =
          iterator().counters;
        const { circles } = iterator().status;
        return [
          ['aliases', aliasLimits],
          ['referrals', referralLimits],
          ['addresses', addressLimits],
          ['circle', circles],
          ['zone-gone', unasked],
          ['remembered-failure', rememberedFailures],
        ];
      },
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_lookups_under_way',
      help: 'Names being looked up by recursion',
      read: () => iterator().status.questions,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_delegations',
      help: 'Zones whose name servers are known',
      read: () => iterator().status.delegations,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_servers_known',
      help: 'Name servers of which something is remembered',
      read: () => exchange().status.serversKnown,
    },
  ];
}
