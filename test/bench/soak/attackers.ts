/** All attackers, in the order of the table. */
import type { Attacker } from './attacker.ts';
import { hostileNames, malformedDatagrams, randomLabels, singleSource } from './attackers/floods.ts';
import {
  connectionFlood,
  malformedHttps,
  malformedTcp,
  malformedTls,
  slowloris,
  slowReaders,
} from './attackers/streams.ts';

export const attackers: readonly Attacker[] = [
  randomLabels,
  singleSource,
  hostileNames,
  malformedDatagrams,
  malformedTcp,
  malformedTls,
  malformedHttps,
  slowloris,
  slowReaders,
  connectionFlood,
];
