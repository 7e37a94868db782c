/**
 * Asking authoritative servers over the network.
 *
 * A question to a zone's servers is an errand (`errand.ts`): which server next (`server-order.ts`, from what is known of
 * each, `server.ts`), how it is asked (`ask-server.ts`: UDP, TCP, EDNS, letter case), and over what (`query-sockets.ts`,
 * `stream-connections.ts`, shared with the forwarder's code). What shows that it is the server who answers, besides what a
 * forger must guess, is its cookie (`held-cookie.ts`).
 *
 * What always holds: the same question to the same zone is under way once; nothing that may have been forged ends a wait
 * or counts against a server, only its own silence does; an answer is believed when address, port, id, question and
 * letter case are those of the query, and one wrong guess moves the question to TCP; everything is bounded - questions
 * per zone and per server, waiters, attempts, what is remembered - and paid for from the budget of the client query that
 * set it off; nobody is asked at an address that leads nowhere or back here (`do-not-query.ts`).
 *
 * Standards: RFC 1035 section 7.3, 5452, 6891, 7766, 7873, 9018 section 3, 9715; draft-vixie-dnsext-dns0x20.
 * Not here: what an answer means, which servers a zone has, caching, remembered failures.
 */
import { nameKey } from '../../dns/name.ts';
import type { IpAddress, IpFamily } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import type { Authorities, AuthorityAnswer, AuthorityRequest } from '../iterator/authorities.ts';
import { type AskContext, askServer } from './ask-server.ts';
import { Errand } from './errand.ts';
import { createExchangeCounters, type ExchangeCounters, type ShedReason } from './exchange-counters.ts';
import { type ExchangeLimits, exchangeLimits } from './exchange-limits.ts';
import { type Flight, joinFlight, type Landing } from './flight.ts';
import type { Server, ServerStatus } from './server.ts';
import { serverOrder } from './server-order.ts';
import { Servers } from './servers.ts';
import { type TransportLimits, Transports } from './transports.ts';
import type { WireTaps } from './wire-tap.ts';

export interface NetworkAuthoritiesOptions {
  readonly clock: Clock;
  /** Our own address of each family that we can ask from. */
  readonly sources: Readonly<Partial<Record<IpFamily, IpAddress>>>;
  /** 53 everywhere but in tests. */
  readonly port: number;
  readonly isRefused: (address: IpAddress) => boolean;
  readonly caseRandomisation: boolean;
  /** Whether servers are sent cookies; they are unless told. */
  readonly sendsCookies?: boolean;
  readonly limits?: ExchangeLimits | undefined;
  readonly transports?: TransportLimits | undefined;
  readonly taps?: WireTaps | undefined;
}

export interface AuthoritiesStatus {
  /** Questions under way. */
  readonly questions: number;
  /** Questions to single servers under way. */
  readonly attempts: number;
  readonly serversKnown: number;
  readonly idleSockets: number;
  readonly connections: number;
}

/** How many servers `servers` lists. */
const listedServers = 100;

export class NetworkAuthorities implements Authorities {
  readonly counters: ExchangeCounters = createExchangeCounters();
  readonly #options: NetworkAuthoritiesOptions;
  readonly #limits: ExchangeLimits;
  readonly #transports: Transports;
  readonly #servers: Servers;
  readonly #context: AskContext;
  readonly #flights = new Map<string, Flight>();
  readonly #perZone = new Map<string, number>();
  /** By the signal that ends them, one listener each: all questions have the same. */
  readonly #errands = new WeakMap<AbortSignal, Set<Errand>>();
  readonly #probes = new Set<{ end(): void; over: Promise<void> }>();
  #isClosing = false;

  constructor(options: NetworkAuthoritiesOptions) {
    const { clock, sources, port, caseRandomisation, sendsCookies = true, taps } = options;
    this.#options = options;
    this.#limits = options.limits ?? exchangeLimits;
    this.#transports = new Transports(clock, options.transports);
    this.#servers = new Servers({ sources, port });
    const { counters } = this;
    this.#context = {
      transports: this.#transports,
      servers: this.#servers,
      clock,
      counters,
      caseRandomisation,
      sendsCookies,
      taps,
      attempts: { underWay: 0 },
    };
  }

  get status(): AuthoritiesStatus {
    return {
      questions: this.#flights.size,
      attempts: this.#context.attempts.underWay,
      serversKnown: this.#servers.size,
      idleSockets: this.#transports.sockets.idle,
      connections: this.#transports.connections.open,
    };
  }

  /** The servers that were asked last, the latest first. */
  servers(limit = listedServers): ServerStatus[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#servers.all()]
      .slice(-limit)
      .reverse()
      .map(server => server.status(nowMs));
  }

  ask(request: AuthorityRequest): Promise<AuthorityAnswer | undefined> {
    const { question } = request;
    const zoneKey = nameKey(request.zone);
    const key = `${String.fromCharCode(question.type, question.class, zoneKey.length)}${zoneKey}${nameKey(question.name)}`;
    return this.#flights.has(key) ? this.#join(request, zoneKey, key) : this.#lead(request, zoneKey, key);
  }

  async #join(request: AuthorityRequest, zoneKey: string, key: string): Promise<AuthorityAnswer | undefined> {
    const { signal, budget } = request;
    signal.throwIfAborted();
    for (let flight = this.#flights.get(key); flight; flight = this.#flights.get(key)) {
      if (flight.joiners >= this.#limits.joinersPerQuestion) return this.#shed('joiners');
      flight.joiners += 1;
      this.counters.coalesced += 1;
      flight.landing ??= Promise.withResolvers();
      const landing = await joinFlight(flight.landing.promise, request, this.#transports.deadlines);
      if (landing !== 'abandoned') return landing.answer;
      // Time has passed since: one of those who waited asks in its turn.
      signal.throwIfAborted();
      budget.spend('packets', 0);
    }
    return await this.#lead(request, zoneKey, key);
  }

  areDown(servers: readonly IpAddress[]): boolean {
    return servers.every(address => this.#servers.isDown(address));
  }

  /** Questions under way end without an answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const { errand } of [...this.#flights.values()]) errand?.end();
    for (const probe of this.#probes) probe.end();
    await Promise.all([...this.#probes].map(probe => probe.over));
    await this.#transports[Symbol.asyncDispose]();
  }

  async #lead(request: AuthorityRequest, zoneKey: string, key: string): Promise<AuthorityAnswer | undefined> {
    request.signal.throwIfAborted();
    if (this.#isClosing) return undefined;
    if ((this.#perZone.get(zoneKey) ?? 0) >= this.#limits.questionsPerZone) return this.#shed('zone');
    const errand = this.#errandFor(request, zoneKey);
    const flight: Flight = { landing: undefined, errand, joiners: 0 };
    const siblings = this.#errandsOf(request.signal);
    this.#flights.set(key, flight);
    this.#count(zoneKey, 1);
    siblings.add(errand);
    let landing: Landing = 'abandoned';
    try {
      errand.start();
      const answer = await errand.result;
      landing = { answer };
      return answer;
    } finally {
      siblings.delete(errand);
      errand.end();
      flight.errand = undefined;
      this.#flights.delete(key);
      this.#count(zoneKey, -1);
      flight.landing?.resolve(landing);
      flight.landing = undefined;
    }
  }

  #errandFor(request: AuthorityRequest, zoneKey: string): Errand {
    const { judge, question, zone, budget } = request;
    const { clock } = this.#options;
    const order = this.#order(request, zoneKey);
    const probed = this.#probe(request, order);
    return new Errand({
      order: probed.length === 0 ? order : order.filter(server => !probed.includes(server)),
      attemptLimit: this.#limits.attemptsPerQuestion,
      hasRoomFor: server => this.#hasRoomFor(server),
      ask: (server, events) => askServer(this.#context, { server, question, zone, budget, events }),
      judge: (server, message) => {
        const judgement = judge(message);
        if (judgement === 'lame') {
          this.counters.lame += 1;
          server.wasLame(zoneKey, clock.monotonicMs());
        }
        return judgement;
      },
    });
  }

  /** Those that are under way and end with this signal. */
  #errandsOf(signal: AbortSignal): Set<Errand> {
    const known = this.#errands.get(signal);
    if (known) return known;
    const errands = new Set<Errand>();
    this.#errands.set(signal, errands);
    const abort = (): void => {
      for (const errand of errands) errand.end(undefined, { error: signal.reason });
    };
    signal.addEventListener('abort', abort, { once: true });
    return errands;
  }

  /** Those that may and can be asked. */
  #order({ servers }: AuthorityRequest, zoneKey: string): Server[] {
    const usable: Server[] = [];
    for (const address of servers) {
      if (this.#options.isRefused(address)) this.counters.refusedAddresses += 1;
      else {
        const server = this.#servers.at(address);
        if (server && !usable.includes(server)) usable.push(server);
      }
    }
    return serverOrder(usable, {
      zoneKey,
      nowMs: this.#options.clock.monotonicMs(),
      entropy: this.#transports.entropy,
      isFamilySilent: family => this.#servers.isSilent(family),
    });
  }

  /**
   * Sends the question to those that are down and whose time has come, while another that is not answers it. Gives them:
   * they are not to be asked the same a second time.
   */
  #probe(request: AuthorityRequest, order: readonly Server[]): Server[] {
    const [first] = order;
    const probed: Server[] = [];
    if (!first || first.isDown || !order.some(({ isDown }) => isDown)) return probed;
    const { question, zone, budget } = request;
    const nowMs = this.#options.clock.monotonicMs();
    for (const server of order) {
      if (!server.isDown || this.#isFull(server) || !server.claimProbe(nowMs)) continue;
      this.counters.probes += 1;
      const events = { onSilent: ignore, onUnreachable: ignore, onWord: ignore };
      const wait = askServer(this.#context, { server, question, zone, budget, events });
      // What it says is for its own state; what goes wrong is for the question that it is a copy of to say.
      const over = wait.outcome.then(ignore, ignore).finally(() => this.#probes.delete(probe));
      const probe = { end: () => wait.end(), over };
      this.#probes.add(probe);
      probed.push(server);
    }
    return probed;
  }

  #hasRoomFor(server: Server): boolean {
    const full = this.#isFull(server);
    if (full) this.#shed(full);
    return !full;
  }

  #isFull(server: Server): ShedReason | undefined {
    if (this.#context.attempts.underWay >= this.#limits.attempts) return 'attempts';
    return server.underWay >= this.#limits.attemptsPerServer ? 'server' : undefined;
  }

  #count(zoneKey: string, change: 1 | -1): void {
    const count = (this.#perZone.get(zoneKey) ?? 0) + change;
    if (count > 0) this.#perZone.set(zoneKey, count);
    else this.#perZone.delete(zoneKey);
  }

  #shed(reason: ShedReason): undefined {
    this.counters.shed[reason] += 1;
    return undefined;
  }
}

function ignore(): void {}
