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
import type { Question } from '../../dns/message.ts';
import { labelCount, type Name, nameKey, parentName } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Clock } from '../../system/clock.ts';
import { ended } from '../../system/ended.ts';
import { type AnswerFlags, answerKey } from '../cache/answer-key.ts';
import { type RRset, type RRsetStore, ranks } from '../cache/rrset.ts';
import { emptyReply, type Reply } from '../reply.ts';
import { FailureMemory } from '../upstreams/failure-memory.ts';
import { BudgetExhausted, type WorkBudget } from '../work-budget.ts';
import type { Authorities } from './authorities.ts';
import { type Delegation, Delegations, type NameServer } from './delegations.ts';
import { Flights } from './flights.ts';
import { type Found, foundReply } from './found-reply.ts';
import { createIteratorCounters, type IteratorCounters } from './iterator-counters.ts';
import { Minimisation } from './minimisation.ts';
import { type AnswerFinding, redirected, responseLimits, targetOf } from './response.ts';
import { Root } from './root.ts';
import { type NoAnswer, type Task, type ZoneAnswer, ZoneServers } from './zone-servers.ts';

export interface IteratorOptions {
  readonly clock: Clock;
  readonly authorities: Authorities;
  readonly store: RRsetStore;
  readonly rootHints: readonly NameServer[];
  readonly isPrimed: boolean;
  readonly isMinimised: boolean;
  /** Octets of delegations kept. */
  readonly maxDelegationOctets: number;
  /** Of a question of our own: priming. */
  readonly newBudget: () => WorkBudget;
  /** Asks the upstreams of the forward zone that holds the name; undefined where none does. */
  readonly forwarded: (
    question: Question,
    flags: AnswerFlags,
    budget: WorkBudget,
  ) => Promise<Reply> | undefined;
}

/** Referrals that one look-up may follow; no tree of names is half as deep. */
const referralLimit = 30;

const failed: Found = { kind: 'failure' };

export class Iterator implements AsyncDisposable {
  readonly counters: IteratorCounters = createIteratorCounters();
  readonly #options: IteratorOptions;
  readonly #root: Root;
  readonly #delegations: Delegations;
  readonly #failures = new FailureMemory();
  readonly #flights = new Flights<Found>();
  readonly #zones: ZoneServers;
  readonly #closing = new AbortController();

  constructor(options: IteratorOptions) {
    this.#options = options;
    this.#delegations = new Delegations(options.maxDelegationOctets, options.clock);
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
    const seen = new Set<string>();
    let octets = 0;
    for (let { name } = question; ; ) {
      const forwarded = this.#options.forwarded({ ...question, name }, flags, budget);
      if (forwarded) return foundReply({ chain, forwarded: await forwarded, octets }, flags);
      const found = await this.#lookUp(name, question.type, task);
      if (found.kind === 'failure') return emptyReply(rcodes.SERVFAIL, 'noReachableAuthority');
      octets += found.octets;
      chain.push(...found.chain);
      if (found.end.kind !== 'alias') {
        const nameservers = this.#closest(name, question.type).names;
        return foundReply({ ...found, chain, octets, nameservers }, flags);
      }
      const { target } = found.end;
      for (const { name: alias } of found.chain) seen.add(nameKey(alias));
      if (chain.length > responseLimits.aliases || seen.has(nameKey(target))) {
        this.counters.aliasLimits += 1;
        return emptyReply(rcodes.SERVFAIL, 'other');
      }
      name = target;
    }
  }

  async #lookUp(name: Name, type: number, task: Task): Promise<Found> {
    const cached = this.#cached(name, type);
    if (cached) return cached;
    const key = String.fromCharCode(type) + nameKey(name);
    const result = await this.#flights.take(key, task.flight, flight =>
      this.#iterate(name, type, { ...task, flight }),
    );
    return typeof result === 'string' ? failed : result;
  }

  #cached(name: Name, type: number): Found | undefined {
    const { store } = this.#options;
    const rrset = store.find(name, type, ranks.answer);
    if (rrset) return known([], { kind: 'data', rrset });
    const denial = store.findDenial(name, type);
    if (denial) return known([], { ...denial, kind: 'denial', name });
    if (type !== recordTypes.CNAME) {
      const cname = store.find(name, recordTypes.CNAME, ranks.answer);
      const target = cname && targetOf(cname);
      if (target) return known([cname], { kind: 'alias', target });
    }
    for (let at = parentName(name); at && at.length > 1; at = parentName(at)) {
      const dname = store.find(at, recordTypes.DNAME, ranks.answer);
      const step = dname && redirected(name, dname);
      if (step)
        return known(
          step.rrsets,
          step.target ? { kind: 'alias', target: step.target } : { kind: 'too-long' },
        );
    }
    return undefined;
  }

  /** From the nearest zone known above the name, down. */
  async #iterate(name: Name, type: number, task: Task): Promise<Found> {
    let delegation = this.#closest(name, type);
    const minimisation = new Minimisation(name, this.#options.isMinimised);
    let labels = labelCount(delegation.zone);
    for (let asked = 0; asked < referralLimit; ) {
      const shown = minimisation.next(labels);
      const isWhole = shown.length === name.length;
      if (!isWhole && this.#isThere(shown)) {
        labels = labelCount(shown);
        continue;
      }
      asked += 1;
      const question = { name: shown, type: isWhole ? type : recordTypes.A, class: recordClasses.IN };
      const answer = await this.#zones.ask(delegation, question, task);
      if (answer === 'silence' || (isWhole && (answer === 'failure' || answer.finding.kind === 'answer')))
        return this.#conclude(answer);
      if (answer !== 'failure' && answer.finding.kind === 'referral') {
        const { zone, servers, ttl } = answer.finding;
        delegation = this.#delegations.keep(zone, servers, { ttl, parent: delegation });
        labels = labelCount(zone);
      } else if (this.#learnsThatThereIs(answer)) labels = labelCount(shown);
      // Relaxed: what is said of a shortened name ends nothing but the shortening.
      else minimisation.end();
    }
    this.counters.referralLimits += 1;
    return failed;
  }

  /** What was said about the whole name. */
  #conclude(answer: ZoneAnswer | NoAnswer): Found {
    if (typeof answer === 'string' || answer.finding.kind !== 'answer') return failed;
    this.#keep(answer.finding);
    return { ...answer.finding, octets: answer.octets };
  }

  /** Whether the answer says that the shortened name exists; keeps what it says. */
  #learnsThatThereIs(answer: ZoneAnswer | 'failure'): boolean {
    if (answer === 'failure' || answer.finding.kind !== 'answer') return false;
    const { end } = answer.finding;
    if (end.kind === 'denial' && end.type === undefined) return false;
    this.#keep(answer.finding);
    return true;
  }

  /** The DS records of a zone are its parent's to give (RFC 4035 section 3.1.4.1). */
  #closest(name: Name, type: number): Delegation {
    const from = type === recordTypes.DS ? (parentName(name) ?? name) : name;
    return this.#delegations.closest(from) ?? this.#root.delegation;
  }

  /** Whether a shortened name is known to exist, so that nobody need be asked for it. */
  #isThere(name: Name): boolean {
    const { store } = this.#options;
    if (store.find(name, recordTypes.A, ranks.answer)) return true;
    const denial = store.findDenial(name, recordTypes.A);
    return denial !== undefined && denial.type !== undefined;
  }

  #keep({ chain, end, isAuthoritative }: AnswerFinding): void {
    const { store } = this.#options;
    const rank = isAuthoritative ? ranks.authoritativeAnswer : ranks.answer;
    let before: RRset | undefined;
    for (const rrset of chain) {
      // A CNAME RRset that was made of the DNAME RRset before it is made anew each time.
      if (before?.type !== recordTypes.DNAME) store.keep(rrset, rank);
      before = rrset;
    }
    if (end.kind === 'data') store.keep(end.rrset, rank);
    if (end.kind === 'denial' && end.ttl > 0 && isAuthoritative)
      store.keepDenial({ ...end, class: recordClasses.IN });
  }
}

function known(chain: readonly RRset[], end: AnswerFinding['end']): Found {
  return { kind: 'answer', chain, end, proof: [], isAuthoritative: true, octets: 0 };
}
