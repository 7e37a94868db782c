/** The resolver's numbers as Prometheus reads them: collected from the counters at each scrape, never in the query path. */
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { AnswerCache } from './cache/answer-cache.ts';
import {
  cacheOutcomes,
  limits,
  type ResolverCounters,
  replyCodes,
  transports,
  upstreamOutcomes,
} from './counters.ts';
import type { LatencyHistogram } from './latency-histogram.ts';
import type { TcpConnections } from './listeners/tcp-connections.ts';
import type { LoadMeter } from './load-meter.ts';
import type { Forwarder } from './upstreams/forwarder.ts';

export interface MetricsSources {
  readonly counters: ResolverCounters;
  readonly cache: AnswerCache;
  readonly forwarder: Forwarder;
  readonly connections: TcpConnections;
  readonly load: LoadMeter;
}

/** One metric, told at each scrape; label values are from closed sets. */
interface Told {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  read(): number | readonly (readonly [label: string, value: number])[];
}

export function resolverMetrics(sources: MetricsSources): Registry {
  const registry = new Registry();
  for (const told of countersTold(sources)) registry.registerMetric(new Counter(toldAtScrape(told)));
  for (const told of gaugesTold(sources)) registry.registerMetric(new Gauge(toldAtScrape(told)));
  registry.registerMetric(latencyMetric(sources.counters.latency));
  return registry;
}

function countersTold({ counters, cache, load }: MetricsSources): Told[] {
  return [
    {
      name: 'anycast_resolver_queries_total',
      help: 'Messages received from clients',
      label: 'transport',
      read: () => transports.map(transport => [transport, counters.queries[transport]]),
    },
    {
      name: 'anycast_resolver_replies_total',
      help: 'Replies sent to clients',
      label: 'rcode',
      read: () => [
        ...replyCodes.map(({ rcode, label }) => [label, counters.replies.get(rcode) ?? 0] as const),
        ['other', counters.replies.get(-1) ?? 0],
      ],
    },
    {
      name: 'anycast_resolver_cache_lookups_total',
      help: 'Questions looked up in the cache',
      label: 'outcome',
      read: () => cacheOutcomes.map(outcome => [outcome, counters.cache[outcome]]),
    },
    {
      name: 'anycast_resolver_upstream_messages_total',
      help: 'What became of messages to upstreams',
      label: 'outcome',
      read: () => upstreamOutcomes.map(outcome => [outcome, counters.upstream[outcome]]),
    },
    {
      name: 'anycast_resolver_client_queries_total',
      help: 'Queries to a service address from other than our own addresses',
      read: () => counters.clientQueries,
    },
    {
      name: 'anycast_resolver_ignored_total',
      help: 'Messages that got no reply: too short, or replies themselves',
      read: () => counters.ignored,
    },
    {
      name: 'anycast_resolver_faults_total',
      help: 'Queries answered SERVFAIL because of a fault of the resolver itself',
      read: () => counters.faults,
    },
    {
      name: 'anycast_resolver_remembered_failures_total',
      help: 'Queries answered SERVFAIL because the question had just failed',
      read: () => counters.rememberedFailures,
    },
    {
      name: 'anycast_resolver_coalesced_total',
      help: 'Queries that joined a question already under way',
      read: () => counters.coalesced,
    },
    {
      name: 'anycast_resolver_budget_exhausted_total',
      help: 'Queries answered SERVFAIL because resolving them would cost too much',
      label: 'limit',
      read: () => limits.map(limit => [limit, counters.exhausted[limit]]),
    },
    {
      name: 'anycast_resolver_refused_connections_total',
      help: 'TCP connections closed because of a cap',
      read: () => counters.refusedConnections,
    },
    {
      name: 'anycast_resolver_receive_drops_total',
      help: 'Queries the kernel dropped because the resolver did not fetch them in time',
      read: () => load.receiveDrops,
    },
    {
      name: 'anycast_resolver_cache_evictions_total',
      help: 'Answers dropped before their time to make room',
      read: () => cache.size.evictions,
    },
  ];
}

function gaugesTold({ cache, forwarder, connections, load }: MetricsSources): Told[] {
  return [
    {
      name: 'anycast_resolver_cache_entries',
      help: 'Answers kept',
      read: () => cache.size.entries,
    },
    {
      name: 'anycast_resolver_cache_bytes',
      help: 'Estimated octets of the answers kept',
      read: () => cache.size.octets,
    },
    {
      name: 'anycast_resolver_questions_under_way',
      help: 'Questions that upstreams are being asked',
      read: () => forwarder.status.questions,
    },
    {
      name: 'anycast_resolver_tcp_connections',
      help: 'TCP connections of clients',
      read: () => connections.count,
    },
    {
      name: 'anycast_resolver_event_loop_lag_seconds',
      help: 'The longest that a heartbeat was late since the last scrape',
      read: () => load.takeLongestLagMs() / 1000,
    },
    {
      name: 'anycast_resolver_upstream_well',
      help: '1 when the upstream answered last, 0 when it kept silent',
      label: 'upstream',
      read: () => forwarder.status.upstreams.map(({ address, state }) => [address, state === 'well' ? 1 : 0]),
    },
    {
      name: 'anycast_resolver_upstream_rtt_seconds',
      help: 'Smoothed round-trip time of the upstream',
      label: 'upstream',
      read: () =>
        forwarder.status.upstreams.flatMap(({ address, rttMs }) =>
          rttMs === null ? [] : [[address, rttMs / 1000] as const],
        ),
    },
  ];
}

function toldAtScrape({ name, help, label, read }: Told) {
  return {
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [],
    collect(this: Counter | Gauge) {
      this.reset();
      const values = read();
      if (typeof values === 'number') this.inc(values);
      else for (const [value, amount] of values) this.inc({ [label ?? '']: value }, amount);
    },
  };
}

/** prom-client's own histogram must be told of every observation; ours counts by itself and is only shown. */
function latencyMetric(latency: LatencyHistogram): Metric {
  const name = 'anycast_resolver_reply_seconds';
  const get = async () => {
    const { buckets, sumSeconds, count } = latency.snapshot();
    const values = [
      ...buckets.map(({ upToSeconds, count: value }) => ({
        metricName: `${name}_bucket`,
        labels: { le: upToSeconds === Number.POSITIVE_INFINITY ? '+Inf' : String(upToSeconds) },
        value,
      })),
      { metricName: `${name}_sum`, labels: {}, value: sumSeconds },
      { metricName: `${name}_count`, labels: {}, value: count },
    ];
    const help = 'From a message received to the reply sent';
    return { name, help, type: 'histogram', values };
  };
  // A registry calls nothing of a metric but its name and `get`.
  return { name, get } as unknown as Metric;
}
