/** Asks for every name once more, and compares each answer with what the zone says: after the measured part, from the cache. */
import { edns, query } from '../../resolver/messages.ts';
import { isRight, openAsker } from './asker.ts';
import { type Host, places } from './zones.ts';

const atATime = 32;
const answerWithinMs = 5000;

export interface CheckOptions {
  readonly signal: AbortSignal;
  /** Whether the questions have EDNS: a cache of whole packets knows such a question as another one. */
  readonly hasEdns?: boolean;
}

/** Gives the names whose answer is not the one address of the zone. */
export async function wrongAnswers(
  hosts: readonly Host[],
  server: string,
  { signal, hasEdns = false }: CheckOptions,
): Promise<string[]> {
  await using asker = await openAsker({ server, from: places.client });
  const wrong: string[] = [];
  let next = 0;
  const askOn = async (): Promise<void> => {
    for (let host = hosts[next++]; host && !signal.aborted; host = hosts[next++]) {
      const asked = await asker.ask(query(host.name, 'A', hasEdns ? { edns: edns() } : {}), answerWithinMs);
      if (!asked || !isRight(asked.message, host)) wrong.push(host.name);
    }
  };
  await Promise.all(Array.from({ length: atATime }, askOn));
  signal.throwIfAborted();
  return wrong;
}
