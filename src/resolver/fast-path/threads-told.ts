/** What listener threads have counted, for whoever reads the metrics page. */
import type { Told } from '../told.ts';
import type { ThreadCount } from './thread-state.ts';
import type { UdpThreads } from './udp-threads.ts';

export function threadsTold(threads: UdpThreads): Told[] {
  const counter = (name: string, help: string, count: ThreadCount): Told => ({
    kind: 'counter',
    name,
    help,
    read: () => threads.countOf(count),
  });
  return [
    counter('anycast_resolver_thread_replies_total', 'Replies sent by listener threads', 'answered'),
    counter(
      'anycast_resolver_thread_handed_over_total',
      'Queries that listener threads gave to the pipeline',
      'handedOver',
    ),
    counter(
      'anycast_resolver_thread_shed_total',
      'Queries dropped because the pipeline did not take them fast enough',
      'shed',
    ),
    counter(
      'anycast_resolver_thread_faults_total',
      'Queries at which the fast path of a listener thread threw',
      'faults',
    ),
    counter(
      'anycast_resolver_thread_unsent_total',
      'Replies of listener threads that the kernel would not send',
      'unsent',
    ),
    {
      kind: 'counter',
      name: 'anycast_resolver_threads_lost_total',
      help: 'Listener threads that ended untold, and were replaced',
      read: () => threads.losses,
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_thread_stalled_seconds',
      help: 'The longest that a listener thread has been at what it does now',
      read: () => threads.stalledMs / 1000,
    },
  ];
}
