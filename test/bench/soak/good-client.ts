/** A client as it should be: what it asks, how often, over what, and what it got. */
import { randomInt } from 'node:crypto';
import type { Message } from '../../../src/dns/message.ts';
import { describeError } from '../../../src/system/fault.ts';
import { edns, query } from '../../resolver/messages.ts';
import { type Asker, isRight } from '../universe/asker.ts';
import { freshHostOf, type Host, hostOf } from '../universe/zones.ts';
import { randomLabel, shape } from './field.ts';
import { pace } from './pace.ts';

export interface GoodClientOptions {
  readonly name: string;
  readonly asker: Asker;
  readonly perSecond: number;
  /** Whether it asks for names of a few that are asked for all the time, for any, or for such as nobody has asked for. */
  readonly names: 'popular' | 'any' | 'fresh';
}

export interface GoodTally {
  sent: number;
  /** With the right answer, in time. */
  answered: number;
  /** With another, by rcode. */
  readonly wrong: Record<string, number>;
  /** Without any. */
  silent: number;
  readonly latenciesMs: number[];
}

/** Longer than the resolver takes to answer at all over UDP, shorter than a stub resolver's patience. */
const answerWithinMs = 2500;
const popularHosts = 50;

export class GoodClient {
  readonly name: string;
  readonly tally: GoodTally = { sent: 0, answered: 0, wrong: {}, silent: 0, latenciesMs: [] };
  readonly #options: GoodClientOptions;

  constructor(options: GoodClientOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** Asks until the signal aborts, then waits for what is still to come. */
  async run(signal: AbortSignal): Promise<void> {
    const waiting = new Set<Promise<void>>();
    await pace(this.#options.perSecond, signal, () => {
      const asked = this.#ask().finally(() => waiting.delete(asked));
      waiting.add(asked);
    });
    await Promise.all(waiting);
  }

  async #ask(): Promise<void> {
    const { tally } = this;
    const host = this.#host();
    tally.sent += 1;
    const asked = await this.#options.asker.ask(question(host), answerWithinMs).catch(describeError);
    if (typeof asked === 'string') tally.wrong[asked] = (tally.wrong[asked] ?? 0) + 1;
    else if (!asked) tally.silent += 1;
    else if (isRight(asked.message, host)) {
      tally.answered += 1;
      tally.latenciesMs.push(asked.ms);
    } else {
      const what = `rcode ${asked.message.rcode}${asked.message.flags.tc ? ' tc' : ''}`;
      tally.wrong[what] = (tally.wrong[what] ?? 0) + 1;
    }
  }

  #host(): Host {
    const { names } = this.#options;
    if (names === 'fresh') return freshHostOf(shape, randomInt(shape.zones), randomLabel());
    return hostOf(shape, randomInt(names === 'popular' ? popularHosts : shape.zones * shape.hostsPerZone));
  }
}

function question({ name }: Host): Message {
  return query(name, 'A', { edns: edns() });
}
