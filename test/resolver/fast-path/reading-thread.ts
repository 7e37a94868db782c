/** A thread that reads a table as fast as it can until it is told to stop, and says how often an answer was torn. */
import { parentPort, workerData } from 'node:worker_threads';
import { AnswerReader } from '../../../src/resolver/fast-path/answer-reader.ts';
import { QuestionKey } from '../../../src/resolver/fast-path/question-key.ts';
import { isWhole, keyOf, names } from './versioned-answers.ts';

const { table, stop, seen } = workerData as {
  table: SharedArrayBuffer;
  stop: SharedArrayBuffer;
  /** How many versions this thread has seen, for others to look at. */
  seen: SharedArrayBuffer;
};
const reader = new AnswerReader(table);
const key = new QuestionKey([3, 4]);
const stopped = new Int32Array(stop);
const octets = new Uint8Array(1232);
const progress = new Int32Array(seen);
let torn = 0;
const versions = new Set<number>();
for (let turn = 0; Atomics.load(stopped, 0) === 0; turn += 1) {
  reader.generation = Atomics.load(new Int32Array(table), 0);
  key.take(keyOf(turn % names));
  if (!reader.find(key, { octets, at: 16 }, 1_000_500)) continue;
  versions.add(octets[16] ?? 0);
  Atomics.store(progress, 0, versions.size);
  if (!isWhole(octets.subarray(16, 16 + reader.size), reader, turn % names)) torn += 1;
}
parentPort?.postMessage(torn);
