/** What the policies of the stage `names` have counted, for whoever reads the metrics page. */
import { type Told, toldCounts } from '../told.ts';
import type { NameCounters } from './name-counters.ts';

export function namesTold({ filtered, files, ...answers }: NameCounters): Told[] {
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_names_total',
      help: 'Queries that a policy about names answered or changed',
      labels: ['policy'],
      read: () => Object.entries(answers),
    },
    toldCounts(
      {
        name: 'anycast_resolver_filtered_total',
        help: 'Queries that a block list or a policy zone decided, by what it did',
        label: 'action',
      },
      filtered,
    ),
    toldCounts(
      {
        name: 'anycast_resolver_filter_files_total',
        help: 'Times a block list or a policy zone was read',
        label: 'outcome',
      },
      files,
    ),
  ];
}
