/** A client that asks for cached names at a steady rate, and again where no answer comes, as stub resolvers do. */
import { randomInt } from 'node:crypto';
import { edns, query } from '../../resolver/messages.ts';
import { pace } from '../soak/pace.ts';
import { type Asker, isRight } from '../universe/asker.ts';
import { hosts } from './field.ts';

export interface ClientTally {
  /** Questions; each may be asked several times. */
  asked: number;
  /** Datagrams. */
  sent: number;
  /** Rightly, at the first try. */
  atFirst: number;
  /** Rightly, at any. */
  answered: number;
  /** Answered otherwise. */
  wrong: number;
  /** Of right answers at the first try. */
  readonly latenciesMs: number[];
}

/** Milliseconds for a try, and tries: of what stub resolvers have, the more patient half (glibc 5 s and 2, systemd 0.5 s at first). */
const answerWithinMs = 1000;
const tries = 3;

export function createTally(): ClientTally {
  return { asked: 0, sent: 0, atFirst: 0, answered: 0, wrong: 0, latenciesMs: [] };
}

/** Asks until the signal aborts, then waits for what is still to come. */
export async function askSteadily(
  {
    asker,
    perSecond,
    tally,
  }: { readonly asker: Asker; readonly perSecond: number; readonly tally: ClientTally },
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Set<Promise<void>>();
  await pace(perSecond, signal, () => {
    const asked = askOnce(asker, tally).finally(() => waiting.delete(asked));
    waiting.add(asked);
  });
  await Promise.all(waiting);
}

async function askOnce(asker: Asker, tally: ClientTally): Promise<void> {
  const host = hosts[randomInt(hosts.length)];
  if (!host) return;
  tally.asked += 1;
  for (let number = 1; number <= tries; number += 1) {
    tally.sent += 1;
    const got = await asker.ask(query(host.name, 'A', { edns: edns() }), answerWithinMs);
    if (!got) continue;
    if (!isRight(got.message, host)) {
      tally.wrong += 1;
      return;
    }
    tally.answered += 1;
    if (number === 1) {
      tally.atFirst += 1;
      tally.latenciesMs.push(got.ms);
    }
    return;
  }
}
