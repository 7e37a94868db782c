/**
 * Resolves names from the root down (RFC 1034 section 5.3.3).
 *
 * A client's question becomes a chain of look-ups, one per alias. A look-up is answered from the RRset cache, or by asking
 * the servers of the nearest zone known above the name, which answer or refer further down (`response.ts` says what of
 * their message counts). A server whose address nobody has told is looked up first, by the same means.
 *
 * What always holds: every message is paid for from the budget of the client query that caused it, and look-ups of server
 * addresses are counted beside (NXNSAttack); a look-up is under way once, and none waits for itself (`flights.ts`);
 * referrals go down, aliases are followed eleven times and never twice to one name; delegations are the parents'
 * (`delegations.ts`); a question that failed is not asked again at once (RFC 9520), and a zone of which no server answers
 * is asked with one question at a time until one does.
 *
 * Queries ask for DNSSEC records whether or not the client wants them: what is cached then serves both, and validation.
 *
 * Standards: RFC 1034, 1035, 2181, 2308, 4592, 6672, 8020, 9156, 9520, 9609.
 * Not here: ids, ports, time-outs and choice of servers (`exchange/`), validation, whole replies (`cache/answer-cache.ts`).
 */
import type { Question, ResourceRecord } from '../../dns/message.ts';
import { labelCount, type Name, nameKey, parentName } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { IpFamily } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';
import { type AnswerFlags, answerKey } from '../cache/answer-key.ts';
import type { RRset, RRsetStore } from '../cache/rrset.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { FailureMemory } from '../upstreams/failure-memory.ts';
import { BudgetExhausted, type WorkBudget } from '../work-budget.ts';
import type { Authorities } from './authorities.ts';
import { type Delegation, Delegations, type NameServer } from './delegations.ts';
import { type FlightLimits, Flights } from './flights.ts';
import { type Found, foundReply } from './found-reply.ts';
import { createIteratorCounters, type IteratorCounters } from './iterator-counters.ts';
import { Knowledge } from './knowledge.ts';
import { Minimisation } from './minimisation.ts';
import { type Finding, responseLimits } from './response.ts';
import { Root } from './root.ts';
import { type NoAnswer, type Task, ZoneServers } from './zone-servers.ts';

export interface IteratorOptions {
  readonly clock: Clock;
  readonly authorities: Authorities;
  /** Those that servers can be asked at: addresses of others are neither asked nor looked up. */
  readonly families: readonly IpFamily[];
  readonly store: RRsetStore;
  readonly rootHints: readonly NameServer[];
  readonly isPrimed: boolean;
  readonly isMinimised: boolean;
  /** Seconds; a delegation is kept for no longer. */
  readonly maxDelegationTtl: number;
  /** Octets of delegations kept. */
  readonly maxDelegationOctets: number;
  readonly flightLimits?: FlightLimits | undefined;
  /** Of a question of our own: priming. */
  readonly newBudget: () => WorkBudget;
  /** Asks the upstreams of the forward zone that holds the name; undefined where none does. */
  readonly forwarded: (
    question: Question,
    flags: AnswerFlags,
    budget: WorkBudget,
  ) => Promise<Reply> | undefined;
  /** Whether a forward zone holds it: then no server of the tree has a say in it (MaginotDNS). */
  readonly isForwarded: (question: Question) => boolean;
}

/** Referrals that one look-up may follow; no tree of names is half as deep. */
const referralLimit = 30;

/** What a look-up is for, and how far it has come. */
interface Wanted {
  readonly name: Name;
  readonly type: number;
  readonly minimisation: Minimisation;
  /** Questions put to zones. */
  asked: number;
  /** Not to be asked again should the parent name the same servers once more. */
  readonly doubted?: Bottom;
}

/** Where a way down ended, and what was said there. */
interface Bottom {
  readonly delegation: Delegation;
  readonly answer: Finding | NoAnswer;
}

const unreachable: Found = { kind: 'failure', reason: 'noReachableAuthority', isAskers: false };
/** Servers were reached, and none would or could answer. */
const unanswered: Found = { kind: 'failure', reason: 'networkError', isAskers: false };
const askersFailure: Found = { kind: 'failure', reason: 'noReachableAuthority', isAskers: true };

export class Iterator implements AsyncDisposable {
  readonly counters: IteratorCounters = createIteratorCounters();
  readonly #options: IteratorOptions;
  readonly #root: Root;
  readonly #delegations: Delegations;
  readonly #failures = new FailureMemory();
  readonly #flights: Flights<Found>;
  readonly #zones: ZoneServers;
  readonly #knowledge: Knowledge;
  readonly #closing = new AbortController();

  constructor(options: IteratorOptions) {
    this.#options = options;
    this.#knowledge = new Knowledge(options.store);
    this.#flights = new Flights(found => found.kind === 'failure' && found.isAskers, options.flightLimits);
    this.#delegations = new Delegations({
      maxOctets: options.maxDelegationOctets,
      maxTtl: options.maxDelegationTtl,
      clock: options.clock,
    });
    const { rootHints: hints, isPrimed, authorities, clock, newBudget } = options;
    this.#zones = new ZoneServers({
      ...options,
      counters: this.counters,
      signal: this.#closing.signal,
      lookUp: (name, type, task) => this.#lookUp(name, type, task),
      onReturn: () => this.#failures.clear(),
    });
    this.#root = new Root({ hints, isPrimed, authorities, clock, newBudget, signal: this.#closing.signal });
  }

  get status(): { questions: number; delegations: number; coalesced: number; circles: number; shed: number } {
    const { underWay: questions, coalesced, circles, shed } = this.#flights;
    return { questions, delegations: this.#delegations.size.entries, coalesced, circles, shed };
  }

  /** What was learnt of zones and of failures is forgotten. */
  clear(): void {
    this.#delegations.clear();
    this.#failures.clear();
  }

  /** Rejects with BudgetExhausted, else for a fault of ours only. */
  async resolve(question: Question, flags: AnswerFlags, budget: WorkBudget): Promise<Reply> {
    const { clock } = this.#options;
    const key = answerKey(question, flags);
    if (this.#failures.has(key, clock.monotonicMs())) {
      this.counters.rememberedFailures += 1;
      return emptyReply(rcodes.SERVFAIL, 'cachedError');
    }
    if (this.#closing.signal.aborted) return emptyReply(rcodes.SERVFAIL);
    try {
      const reply = await this.#follow(question, flags, budget);
      if (reply.rcode === rcodes.SERVFAIL) this.#failures.add(key, clock.monotonicMs());
      else this.#failures.forget(key);
      return reply;
    } catch (error) {
      if (error === ended) return emptyReply(rcodes.SERVFAIL);
      if (error instanceof BudgetExhausted) this.#failures.add(key, clock.monotonicMs());
      throw error;
    }
  }

  /** Look-ups under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(ended);
    await this.#root[Symbol.asyncDispose]();
  }

  /** The question, and what its name turns out to be an alias of. */
  async #follow(question: Question, flags: AnswerFlags, budget: WorkBudget): Promise<Reply> {
    const task: Task = {
      errand: { budget, addressLookups: 0, missingAddresses: 0 },
      depth: 0,
      flight: undefined,
    };
    const chain: RRset[] = [];
    const proof: ResourceRecord[] = [];
    let seen: Set<string> | undefined;
    for (let { name } = question; ; ) {
      const forwarded = this.#options.forwarded({ ...question, name }, flags, budget);
      if (forwarded) return foundReply({ chain, proof, forwarded: await forwarded }, flags);
      const found = await this.#lookUp(name, question.type, task);
      if (found.kind === 'failure') return emptyReply(rcodes.SERVFAIL, found.reason);
      chain.push(...found.chain);
      proof.push(...found.proof);
      if (found.end.kind !== 'alias') {
        const nameservers = this.#closest(name, question.type).names;
        return foundReply({ ...found, chain, proof, nameservers }, flags);
      }
      const { target } = found.end;
      seen ??= new Set();
      for (const { name: alias } of found.chain) seen.add(nameKey(alias));
      if (chain.length > responseLimits.aliases || seen.has(nameKey(target))) {
        this.counters.aliasLimits += 1;
        return emptyReply(rcodes.SERVFAIL, 'other');
      }
      name = target;
    }
  }

  #lookUp(name: Name, type: number, task: Task): Promise<Found> {
    const cached = this.#knowledge.find(name, type);
    if (cached) return Promise.resolve(cached);
    const key = String.fromCharCode(type) + nameKey(name);
    return this.#flights
      .take(key, task.flight, flight => this.#iterate(name, type, { ...task, flight }))
      .then(result => (typeof result === 'string' ? askersFailure : result));
  }

  /** From the nearest zone known above the name, down. */
  async #iterate(name: Name, type: number, task: Task): Promise<Found> {
    const wanted: Wanted = {
      name,
      type,
      minimisation: new Minimisation(name, this.#options.isMinimised),
      asked: 0,
    };
    const end = await this.#descend(wanted, this.#closest(name, type), task);
    const isUseless = end.answer === 'silence' || end.answer === 'failure';
    if (!isUseless || !this.#delegations.isDue(end.delegation)) return this.#conclude(end.answer);
    // The zone may have moved to other servers since its parent was asked.
    const parent = this.#closest(end.delegation.zone, recordTypes.DS);
    return this.#conclude((await this.#descend({ ...wanted, doubted: end }, parent, task)).answer);
  }

  /** Asks until servers have said their word about the whole name, or there are none that would. */
  async #descend(wanted: Wanted, from: Delegation, task: Task): Promise<Bottom> {
    const { name, type, minimisation, doubted } = wanted;
    let delegation = from;
    let labels = labelCount(delegation.zone);
    while (wanted.asked < referralLimit) {
      const shown = this.#shown(wanted, labels);
      const isWhole = shown.length === name.length;
      wanted.asked += 1;
      const question = { name: shown, type: isWhole ? type : recordTypes.A, class: recordClasses.IN };
      const answer = await this.#zones.ask(delegation, { question, isWhole }, task);
      if (answer === 'silence' || answer === 'cut-short') return { answer, delegation };
      if (isWhole && (answer === 'failure' || answer.kind === 'answer')) return { answer, delegation };
      if (answer !== 'failure' && answer.kind === 'referral') {
        const { zone, servers, ttl } = answer;
        delegation = this.#delegations.keep(zone, servers, { ttl, parent: delegation });
        if (doubted?.delegation.isLike(delegation)) return doubted;
        labels = labelCount(zone);
      } else if (this.#learnsThatThereIs(answer)) labels = labelCount(shown);
      // Relaxed: what is said of a shortened name ends nothing but the shortening.
      else minimisation.end();
    }
    this.counters.referralLimits += 1;
    return { answer: 'failure', delegation };
  }

  /** The name to ask for next: the first shortened one that is not known to exist, or the whole. */
  #shown({ name, minimisation }: Wanted, known: number): Name {
    let shown = minimisation.next(known);
    while (shown.length < name.length && this.#knowledge.isThere(shown))
      shown = minimisation.next(labelCount(shown));
    return shown;
  }

  /** What was said about the whole name. */
  #conclude(answer: Finding | NoAnswer): Found {
    if (answer === 'cut-short') return askersFailure;
    if (answer === 'silence') return unreachable;
    if (answer === 'failure' || answer.kind !== 'answer') return unanswered;
    this.#knowledge.keep(answer);
    return answer;
  }

  /** Whether the answer says that the shortened name exists; keeps what it says. */
  #learnsThatThereIs(answer: Finding | 'failure'): boolean {
    if (answer === 'failure' || answer.kind !== 'answer') return false;
    const { end } = answer;
    if (end.kind === 'denial' && end.type === undefined) return false;
    this.#knowledge.keep(answer);
    return true;
  }

  /** The DS records of a zone are its parent's to give (RFC 4035 section 3.1.4.1). */
  #closest(name: Name, type: number): Delegation {
    const from = type === recordTypes.DS ? (parentName(name) ?? name) : name;
    return this.#delegations.closest(from) ?? this.#root.delegation;
  }
}
