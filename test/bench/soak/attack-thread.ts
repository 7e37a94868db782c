/** A thread with the attackers and the hostile name server, so that their work does not delay the good clients' clocks. */
import { parentPort } from 'node:worker_threads';
import type { Tally } from './attacker.ts';
import { attackers } from './attackers.ts';
import { openHostileServer } from './hostile-server.ts';

/** What the thread says at its end: by attacker's name. */
export type Tallies = Readonly<Record<string, Tally>>;

const stop = new AbortController();
parentPort?.once('message', () => stop.abort());
{
  await using _server = await openHostileServer();
  parentPort?.postMessage('ready');
  const tallies = attackers.map(({ name }) => [name, { sent: 0, answered: 0 }] as const);
  await Promise.all(
    attackers.map(({ attack }, index) =>
      attack(tallies[index]?.[1] ?? { sent: 0, answered: 0 }, stop.signal),
    ),
  );
  parentPort?.postMessage(Object.fromEntries(tallies));
}
