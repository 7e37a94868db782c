/** What is answered without the pipeline, for whoever reads the metrics page. */
import type { Told } from '../told.ts';
import type { FastSource } from './fast-source.ts';

export function fastTold(source: FastSource): Told[] {
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_table_answers_total',
      help: 'Queries answered from the table of answers in use, without the pipeline',
      read: () => source.answered,
    },
  ];
}
