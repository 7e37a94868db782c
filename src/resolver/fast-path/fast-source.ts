/**
 * The resolver's side of the fast path: owns what is shared with the threads, says what they go by, and gathers what they
 * have counted. The resolver's own thread is one of them where it listens itself (`openOwn`).
 *
 * `renew` is for whatever may change an answer or who gets it: it ends all entries at once, before it returns, and has the
 * threads begin anew with the settings of then. A thread gives only what was put in under the settings that it has, so that
 * between the two nothing is answered by half of either.
 */
import { randomInt } from 'node:crypto';
import type { PopSlice } from '../../config/anycast-config.ts';
import { parseIpAddress, unmapped } from '../../ip/address.ts';
import { hostPrefix, type IpPrefix } from '../../ip/prefix.ts';
import type { Clock } from '../../system/clock.ts';
import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Clients } from '../clients/clients.ts';
import { wordPrefix } from '../clients/exempt-clients.ts';
import type { HalfSipKey } from '../clients/half-siphash.ts';
import type { ResolverCounters } from '../counters.ts';
import type { Names } from '../names/names.ts';
import { admittedPrefixes } from '../policies/access.ts';
import { nsidOf } from '../policies/identity.ts';
import type { ClientQuery, Outcome } from '../policy.ts';
import { AnswerTable } from './answer-table.ts';
import type { ClientLists } from './fast-clients.ts';
import { type FastPath, handOver } from './fast-path.ts';
import type { FastSettings, FastShared } from './fast-shared.ts';
import { openFastPath } from './open-fast-path.ts';
import { Publisher } from './publisher.ts';
import { createCounterMemory, GatheredCounters } from './thread-counters.ts';

export interface FastSourceParts {
  /** The configuration in force when asked. */
  readonly slice: PopSlice;
  /** Of the table, for good: threads hold its memory. */
  readonly maxOctets: number;
  readonly cache: AnswerCache;
  readonly clients: Clients;
  /** What `clients` was opened with. */
  readonly slotKey: HalfSipKey;
  readonly names: Names;
  readonly counters: ResolverCounters;
  /** Canonical text of addresses that are no clients', as of when asked. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly clock: Clock;
}

/** Who answers: the thread of this number, or the resolver's own. */
type Answering = number | 'own';

export class FastSource {
  readonly #parts: FastSourceParts;
  readonly #hashKey: HalfSipKey = [randomInt(2 ** 32), randomInt(2 ** 32)];
  readonly #table: AnswerTable;
  readonly #publisher: Publisher;
  /** Of a number, whichever thread that is by now. */
  readonly #counters = new Map<
    Answering,
    { readonly memory: SharedArrayBuffer; readonly gathered: GatheredCounters }
  >();
  #own: FastPath | undefined;
  /** Told when what `sharedFor` gives has changed; one. */
  onRenewed: () => void = () => undefined;

  constructor(parts: FastSourceParts) {
    this.#parts = parts;
    this.#table = new AnswerTable(parts.maxOctets);
    const { cache, clock } = parts;
    this.#publisher = new Publisher({
      table: this.#table,
      hashKey: this.#hashKey,
      cache,
      get names() {
        return parts.names;
      },
      clock,
      get config() {
        const { names, cache } = parts.slice.config.resolver;
        return { dns64: names.dns64, prefetch: cache.prefetch };
      },
    });
  }

  /** The fast path of the resolver's own thread: one, for good. What it throws, against its contract, is handed over. */
  openOwn(): FastPath {
    const { counters } = this.#parts;
    this.#own = openFastPath(this.sharedFor('own'));
    return {
      answer: (query, time) => {
        try {
          return this.#own?.answer(query, time) ?? handOver;
        } catch {
          counters.faults += 1;
          return handOver;
        }
      },
    };
  }

  /** What it goes by from now on. */
  sharedFor(thread: Answering): FastShared {
    const { clients, slotKey } = this.#parts;
    const { rates, slip } = clients;
    const counters = this.#countersOf(thread);
    return {
      table: this.#table.memory,
      hashKey: this.#hashKey,
      counters,
      rates: rates && { limits: rates.limits, slotKey, memory: rates.memory },
      slip: { every: slip.every, memory: slip.memory },
      settings: this.#settings,
    };
  }

  get #settings(): FastSettings {
    const { slice, clients, ownAddresses } = this.#parts;
    const { dnstap, transports } = slice.config.resolver;
    return {
      generation: this.#table.generation,
      // A tap sees every query; behind a proxy the client is another than the sender.
      isOff: dnstap !== undefined || transports.proxy !== undefined,
      clients: clientLists(slice, ownAddresses),
      secrets: clients.cookies?.secrets,
      nsid: nsidOf(slice),
    };
  }

  /** Ends all entries, and tells the threads what holds from now on. */
  renew(): void {
    this.#table.clear();
    if (this.#own) this.#own = openFastPath(this.sharedFor('own'));
    this.onRenewed();
  }

  /** Looks at what the pipeline answers, and gives it as it is. */
  watch(query: ClientQuery, outcome: Outcome): Outcome {
    // What took longer than a turn of the event loop may have begun before a change.
    if (this.#counters.size > 0 && !(outcome instanceof Promise)) this.#publisher.consider(query, outcome);
    return outcome;
  }

  /** For whoever reads counters: adds to them what threads have counted. */
  gather(): void {
    const { counters, clients } = this.#parts;
    for (const { gathered } of this.#counters.values()) gathered.gatherInto(counters, clients.counters);
  }

  /** `ResolverCounters.clientQueries` as of now: for who asks often, and for nothing else. */
  get clientQueries(): number {
    let sum = this.#parts.counters.clientQueries;
    for (const { gathered } of this.#counters.values()) sum += gathered.moreClientQueries;
    return sum;
  }

  /** Queries answered from the table, by all threads, as far as gathered. */
  get answered(): number {
    let sum = 0;
    for (const { gathered } of this.#counters.values()) sum += gathered.answered;
    return sum;
  }

  #countersOf(thread: Answering): SharedArrayBuffer {
    const known = this.#counters.get(thread);
    if (known) return known.memory;
    const memory = createCounterMemory();
    this.#counters.set(thread, { memory, gathered: new GatheredCounters(memory) });
    return memory;
  }
}

function clientLists(slice: PopSlice, ownAddresses: ReadonlySet<string>): ClientLists {
  const words = (prefixes: readonly IpPrefix[]) => prefixes.map(wordPrefix);
  const own = [...ownAddresses]
    .flatMap(text => parseIpAddress(text) ?? [])
    .map(address => hostPrefix(unmapped(address)));
  return {
    admitted: words(admittedPrefixes(slice)),
    exempt: words([...slice.config.resolver.clients.exempt, ...own]),
    own: words(own),
  };
}
