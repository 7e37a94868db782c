/** What the policies of the stage `names` have counted, for whoever reads the metrics page. */
import { type Told, toldCounts } from '../told.ts';
import type { NameCounters } from './name-counters.ts';
import type { Names } from './names.ts';

/** `counters` are counted on by one `names` after the other. */
export function namesTold(counters: NameCounters, names: () => Names): Told[] {
  const { filtered, files, ...answers } = counters;
  return [
    {
      kind: 'gauge',
      name: 'anycast_resolver_filter_triggers',
      help: 'What block lists and policy zones in force go by: names, addresses, clients, name servers',
      read: () => names().filters.zones.reduce((sum, { size }) => sum + size, 0),
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_filter_bytes',
      help: 'Memory that the names of block lists and policy zones take',
      read: () => names().filters.zones.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_filter_files_failing',
      help: 'Files of block lists and policy zones that cannot be used as they are; what was read before is in force',
      read: () => names().filters.failing,
    },
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
