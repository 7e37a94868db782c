/** What `traffic.ts` has counted, with its labels. */
import type { Told } from './told.ts';
import { families, origins, rcodeLabels, replySeries, type Traffic, typeLabels } from './traffic.ts';
import { transports } from './transport.ts';

export function trafficTold(traffic: Traffic): Told[] {
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_queries_total',
      help: 'Messages received from clients, by transport and address family',
      labels: ['transport', 'family'],
      read: () =>
        transports.flatMap(transport =>
          families.map(family => [[transport, String(family)], traffic.queries(transport, family)] as const),
        ),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_query_types_total',
      help: 'Well-formed queries by the type asked for',
      labels: ['type'],
      read: () => {
        const { types } = traffic;
        return typeLabels.map((label, index) => [label, types[index] ?? 0]);
      },
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_edns_queries_total',
      help: 'Well-formed queries with an OPT record',
      read: () => traffic.edns,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_dnssec_ok_queries_total',
      help: 'Well-formed queries with the DO bit',
      read: () => traffic.dnssecOk,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_replies_total',
      help: 'Replies sent to clients, by transport, rcode and where the answer came from',
      labels: ['transport', 'rcode', 'origin'],
      read: () => series().map(({ labels, at }) => [labels, traffic.latency.count(at)]),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_truncated_replies_total',
      help: 'Replies sent with TC, because they did not fit',
      read: () => traffic.truncated,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_queries_under_way',
      help: 'Queries of clients that have not been answered yet',
      read: () => traffic.underWay,
    },
    {
      kind: 'histogram',
      name: 'anycast_resolver_reply_seconds',
      help: 'From a message received to the reply sent; a combination of labels is there once it has occurred',
      labels: ['transport', 'rcode', 'origin'],
      read: () =>
        series()
          .map(({ labels, at }) => [labels, traffic.latency.snapshot(at, 1000)] as const)
          .filter(([, { count }]) => count > 0),
    },
    {
      kind: 'histogram',
      name: 'anycast_resolver_reply_bytes',
      help: 'Octets of replies, without the framing of the transport',
      labels: ['transport'],
      read: () => transports.map((transport, at) => [[transport], traffic.sizes.snapshot(at)] as const),
    },
  ];
}

/** Every series of `traffic.latency`, with its labels. */
function series(): { readonly labels: readonly string[]; readonly at: number }[] {
  return transports.flatMap((transport, over) =>
    rcodeLabels.flatMap((rcode, code) =>
      origins.map((origin, from) => ({
        labels: [transport, rcode, origin],
        at: replySeries(over, code, from),
      })),
    ),
  );
}
