/** The numbers of dnstap. */
import type { DnstapCounters } from '../counters.ts';
import type { Told } from '../told.ts';

export function dnstapTold(counters: DnstapCounters): Told[] {
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_dnstap_messages_total',
      help: 'Messages for dnstap: written, or dropped because the reader was slow or gone',
      labels: ['outcome'],
      read: () => [
        ['written', counters.written],
        ['dropped', counters.dropped],
      ],
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_dnstap_opens_total',
      help: 'Times that the reader of dnstap was found, or its file opened',
      read: () => counters.connects,
    },
  ];
}
