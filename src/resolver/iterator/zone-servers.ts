/**
 * Gets a question answered by one of a zone's servers: first those whose addresses are known, then one after another those
 * whose names must be looked up, for as long as the client query may have addresses looked up on its behalf.
 */
import type { Message, Question } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { type IpAddress, type IpFamily, ipAddress } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import { type RRset, type RRsetStore, ranks } from '../cache/rrset.ts';
import { BudgetExhausted, type WorkBudget } from '../work-budget.ts';
import type { Authorities, Judgement } from './authorities.ts';
import type { Delegation } from './delegations.ts';
import type { Flight } from './flights.ts';
import type { Found } from './found-reply.ts';
import type { IteratorCounters } from './iterator-counters.ts';
import { type Finding, readResponse, responseLimits } from './response.ts';

/** Address look-ups for one client query, and how many of them may find nothing; as in Unbound and PowerDNS. */
const addressLookupLimit = 10;
const missingAddressLimit = 5;
/** Look-ups that wait for each other, one for the other. */
const depthLimit = 16;

/** Milliseconds in which one of a zone's servers would have answered, if any did. */
const fairMs = 800;

/** Questions under way to one zone, so that a slow one cannot take the place of the others. */
const questionsPerZone = 2000;

/** What is done for one client query. */
export interface Errand {
  readonly budget: WorkBudget;
  addressLookups: number;
  missingAddresses: number;
}

export interface Task {
  readonly errand: Errand;
  readonly depth: number;
  /** The look-up that this is part of; none at the top. */
  readonly flight: Flight<Found> | undefined;
}

/** What a zone's servers are asked. */
export interface Asked {
  readonly question: Question;
  /** Whether it is the question itself, or its name shortened: then a refusal says little about the server. */
  readonly isWhole: boolean;
}

/**
 * No server said anything; those that did could not answer; there was none left that this client query could have asked.
 */
export type NoAnswer = 'silence' | 'failure' | 'cut-short';

export interface ZoneServersOptions {
  readonly clock: Clock;
  /** Those that servers can be asked at, the one to look for first in front. */
  readonly families: readonly IpFamily[];
  readonly authorities: Authorities;
  readonly isForwarded: (question: Question) => boolean;
  readonly store: RRsetStore;
  readonly counters: IteratorCounters;
  readonly signal: AbortSignal;
  readonly lookUp: (name: Name, type: number, task: Task) => Promise<Found>;
  /** A zone answers again of which no server did. */
  readonly onReturn: () => void;
}

export class ZoneServers {
  readonly #options: ZoneServersOptions;
  /** Of the addresses that are of use. */
  readonly #types: readonly number[];
  /** Of delegations whose servers' addresses all came with them, so that they hold as long as those do. */
  readonly #glued = new WeakMap<Delegation, KnownServers>();

  constructor(options: ZoneServersOptions) {
    this.#options = options;
    this.#types = options.families.map(family => (family === 4 ? recordTypes.A : recordTypes.AAAA));
  }

  async ask(delegation: Delegation, asked: Asked, task: Task): Promise<Finding | NoAnswer> {
    const { counters } = this.#options;
    const servers = this.#serversOf(delegation);
    if (delegation.underWay > 0 && this.#isGone(delegation, servers)) {
      counters.unasked += 1;
      return 'silence';
    }
    if (delegation.underWay >= questionsPerZone) {
      counters.shed += 1;
      return 'silence';
    }
    delegation.underWay += 1;
    const inquiry: Inquiry = {
      ...asked,
      delegation,
      budget: task.errand.budget,
      isHeard: false,
      isSilent: false,
      isCutShort: false,
    };
    try {
      const answer = await this.#askAt(servers.addresses, inquiry);
      if (answer) return answer;
      for (const server of servers.unknown) {
        const late = await this.#askAt(await this.#findAddresses(server, inquiry, task), inquiry);
        if (late) return late;
      }
      if (inquiry.isCutShort) return 'cut-short';
      return inquiry.isHeard ? 'failure' : 'silence';
    } finally {
      delegation.underWay -= 1;
      if (inquiry.isHeard) {
        if (delegation.answered()) this.#options.onReturn();
      } else if (inquiry.isSilent) delegation.wasSilent();
    }
  }

  #serversOf(delegation: Delegation): KnownServers {
    const glued = this.#glued.get(delegation);
    if (glued) return glued;
    const addresses: IpAddress[] = [];
    const unknown: Name[] = [];
    let hasGlue = true;
    for (const { name, addresses: told } of delegation.servers) {
      const glue = told.filter(({ family }) => this.#options.families.includes(family));
      hasGlue &&= glue.length > 0;
      const known = glue.length > 0 ? glue : this.#foundAddresses(name);
      if (known.length > 0) addresses.push(...known);
      else unknown.push(name);
    }
    const servers = { addresses, unknown };
    if (hasGlue) this.#glued.set(delegation, servers);
    return servers;
  }

  /** No server of the zone answers, as far as is known: one question at a time is enough to find out when one does. */
  #isGone(delegation: Delegation, { addresses }: KnownServers): boolean {
    return delegation.isGone || (addresses.length > 0 && this.#options.authorities.areDown(addresses));
  }

  /**
   * Takes silence for the zone's only where a server had been sent something and had time to answer. Otherwise whoever
   * brings along a budget that is all but spent could have any zone taken for gone.
   */
  async #askAt(servers: readonly IpAddress[], inquiry: Inquiry): Promise<Finding | undefined> {
    if (servers.length === 0) return undefined;
    const { question, isWhole, delegation, budget } = inquiry;
    const { zone } = delegation;
    const read = (message: Message): Finding =>
      readResponse(message, question, zone, name => this.#options.isForwarded({ ...question, name }));
    // What was judged last is what comes back, unless another look-up's answer is shared.
    let last: { readonly message: Message; readonly finding: Finding } | undefined;
    const judge = (message: Message): Judgement => {
      inquiry.isHeard = true;
      const finding = read(message);
      last = { message, finding };
      if (finding.kind === 'lame') return isWhole ? 'lame' : 'useless';
      return finding.kind === 'failure' ? 'useless' : 'useful';
    };
    const { authorities, signal, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const before = budget.spent('packets');
    const hasSent = (): boolean => budget.spent('packets') > before;
    try {
      const answer = await authorities.ask({ zone, servers, question, judge, budget, signal });
      if (answer) {
        inquiry.isHeard = true;
        const { message } = answer;
        return last?.message === message ? last.finding : read(message);
      }
      if (hasSent()) inquiry.isSilent = true;
      return undefined;
    } catch (error) {
      const isLate = error instanceof BudgetExhausted && error.limit === 'time';
      if (isLate && clock.monotonicMs() - startedMs >= fairMs && hasSent()) inquiry.isSilent = true;
      throw error;
    }
  }

  /** Those that look-ups have found. */
  #foundAddresses(name: Name): readonly IpAddress[] {
    return this.#types.flatMap(type => {
      const rrset = this.#options.store.find(name, type, ranks.answer);
      return rrset ? addressesIn(rrset) : [];
    });
  }

  async #findAddresses(server: Name, inquiry: Inquiry, task: Task): Promise<readonly IpAddress[]> {
    const { counters, lookUp } = this.#options;
    const { errand, depth } = task;
    for (const type of this.#types) {
      const isEnough =
        errand.addressLookups >= addressLookupLimit || errand.missingAddresses >= missingAddressLimit;
      if (isEnough || depth >= depthLimit) {
        counters.addressLimits += 1;
        inquiry.isCutShort = true;
        return [];
      }
      errand.addressLookups += 1;
      const found = await lookUp(server, type, { ...task, depth: depth + 1 });
      if (found.kind === 'answer' && found.end.kind === 'data') return addressesIn(found.end.rrset);
      errand.missingAddresses += 1;
      if (found.kind === 'failure' && found.isAskers) inquiry.isCutShort = true;
      // There is no such server, or its zone does not answer: another type would be no better.
      if (found.kind === 'failure' || found.end.kind !== 'denial' || found.end.type === undefined) return [];
    }
    return [];
  }
}

/** The addresses that are known of a zone's servers, and the servers of which none is. */
interface KnownServers {
  readonly addresses: readonly IpAddress[];
  readonly unknown: readonly Name[];
}

/** One question to one zone, over several sets of its servers. */
interface Inquiry extends Asked {
  readonly delegation: Delegation;
  readonly budget: WorkBudget;
  /** Whether any server has said anything. */
  isHeard: boolean;
  /** Whether servers that could have answered did not. */
  isSilent: boolean;
  /** Whether servers were left out for reasons of the client query's own. */
  isCutShort: boolean;
}

function addressesIn({ records }: RRset): IpAddress[] {
  return records
    .slice(0, responseLimits.addressesPerServer)
    .flatMap(({ rdata }) => (rdata.kind === 'A' || rdata.kind === 'AAAA' ? [ipAddress(rdata.address)] : []));
}
