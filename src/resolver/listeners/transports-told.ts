/** What the transports have counted, and the certificate's days, for whoever reads the metrics page. */
import { type Told, toldCounts } from '../told.ts';
import type { Listeners } from './listeners.ts';

export function transportsTold(listeners: Listeners): Told[] {
  const { counters } = listeners;
  const certificate = (name: string, help: string, key: 'daysLeft' | 'reloads' | 'failures'): Told => ({
    kind: key === 'daysLeft' ? 'gauge' : 'counter',
    name,
    help,
    read: () => (listeners.certificate ? [[[], listeners.certificate[key]]] : []),
  });
  return [
    toldCounts(
      {
        name: 'anycast_resolver_transport_refused_total',
        help: 'Connections closed because of a cap',
        label: 'transport',
      },
      counters.refused,
    ),
    toldCounts(
      {
        name: 'anycast_resolver_connections_cut_total',
        help: 'Connections cut that their client would have kept',
        label: 'reason',
      },
      counters.cut,
    ),
    toldCounts(
      {
        name: 'anycast_resolver_bad_proxy_headers_total',
        help: 'Missing or malformed PROXY headers of peers that must send one',
        label: 'transport',
      },
      counters.badProxyHeaders,
    ),
    {
      kind: 'counter',
      name: 'anycast_resolver_strange_proxy_headers_total',
      help: 'PROXY headers of peers that may not send one',
      read: () => counters.strangeProxyHeaders,
    },
    toldCounts(
      {
        name: 'anycast_resolver_failed_handshakes_total',
        help: 'Connections that ended before their TLS handshake did',
        label: 'transport',
      },
      counters.failedHandshakes,
    ),
    toldCounts(
      { name: 'anycast_resolver_http_errors_total', help: 'DoH requests that were refused', label: 'status' },
      counters.httpErrors,
    ),
    {
      kind: 'counter',
      name: 'anycast_resolver_http_resets_total',
      help: 'DoH requests that the client took back before they were answered',
      read: () => counters.resets,
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_http_refused_streams_total',
      help: 'DoH requests sent back unread because too many of their session were under way',
      read: () => counters.refusedStreams,
    },
    certificate('anycast_resolver_certificate_days_left', 'Until the certificate expires', 'daysLeft'),
    certificate(
      'anycast_resolver_certificate_reloads_total',
      'Times a changed certificate was taken',
      'reloads',
    ),
    certificate(
      'anycast_resolver_certificate_failures_total',
      'Times a changed certificate could not be used',
      'failures',
    ),
  ];
}
