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
  /** Seconds since the start in which questions were asked that got no right answer. */
  readonly badSeconds: Set<number>;
  /** Those in which right answers were slow. */
  readonly slowSeconds: Set<number>;
}

/** Longer than the resolver takes to answer at all over UDP, shorter than a stub resolver's patience. */
const answerWithinMs = 2500;
/** Milliseconds, several round trips to the farthest server on Earth. */
const slowMs = 500;
const popularHosts = 50;

export class GoodClient {
  readonly name: string;
  readonly tally: GoodTally = {
    sent: 0,
    answered: 0,
    wrong: {},
    silent: 0,
    latenciesMs: [],
    badSeconds: new Set(),
    slowSeconds: new Set(),
  };
  readonly #options: GoodClientOptions;
  #startedMs = 0;

  constructor(options: GoodClientOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** Asks until the signal aborts, then waits for what is still to come. */
  async run(signal: AbortSignal): Promise<void> {
    this.#startedMs = performance.now();
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
    const second = Math.floor((performance.now() - this.#startedMs) / 1000);
    const asked = await this.#options.asker.ask(question(host), answerWithinMs).catch(describeError);
    if (asked && typeof asked !== 'string' && isRight(asked.message, host)) {
      tally.answered += 1;
      tally.latenciesMs.push(asked.ms);
      if (asked.ms > slowMs) tally.slowSeconds.add(second);
      return;
    }
    tally.badSeconds.add(second);
    if (asked) {
      const what = typeof asked === 'string' ? asked : whatWasGot(asked.message);
      tally.wrong[what] = (tally.wrong[what] ?? 0) + 1;
    } else tally.silent += 1;
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

function whatWasGot({ rcode, flags }: Message): string {
  return `rcode ${rcode}${flags.tc ? ' tc' : ''}`;
}
