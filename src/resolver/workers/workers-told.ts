/** What there is to tell of resolver workers, for whoever reads the metrics page; what they count is told with the rest. */
import type { Told } from '../told.ts';
import type { ResolverWorkers } from './resolver-workers.ts';

export function workersTold({ seats }: ResolverWorkers): Told[] {
  const sum = (key: 'losses' | 'lostQuestions' | 'underWay') => () =>
    seats.reduce((total, seat) => total + seat[key], 0);
  return [
    {
      kind: 'counter',
      name: 'anycast_resolver_worker_questions_total',
      help: 'Questions put to resolver workers',
      labels: ['worker'],
      read: () => seats.map(({ asked }, number) => [String(number), asked]),
    },
    {
      kind: 'gauge',
      name: 'anycast_resolver_worker_questions_under_way',
      help: 'Questions that resolver workers have not answered yet',
      read: sum('underWay'),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_workers_lost_total',
      help: 'Resolver workers that ended untold, and were replaced',
      read: sum('losses'),
    },
    {
      kind: 'counter',
      name: 'anycast_resolver_worker_lost_questions_total',
      help: 'Questions answered SERVFAIL because their worker was lost',
      read: sum('lostQuestions'),
    },
  ];
}
