/**
 * The servers of the root: those of the hints at first, then those that the root itself names (priming, RFC 9609).
 *
 * Priming begins with the first question and never holds one up: while it is under way, and when it fails, the servers
 * known so far are asked.
 */
import { rootName } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Clock } from '../../system/clock.ts';
import type { WorkBudget } from '../work-budget.ts';
import type { Authorities } from './authorities.ts';
import { Delegation, type NameServer } from './delegations.ts';
import { glueOf, readResponse } from './response.ts';

export interface RootOptions {
  readonly hints: readonly NameServer[];
  readonly isPrimed: boolean;
  readonly authorities: Authorities;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For a question of our own. */
  readonly newBudget: () => WorkBudget;
}

/** Seconds until priming is tried again after it has failed; and how long the root's own list is taken at most. */
const retryS = 30;
const longestS = 86_400;

export class Root implements AsyncDisposable {
  readonly #options: RootOptions;
  #delegation: Delegation;
  #primedUntilS = 0;
  #priming: Promise<void> | undefined;

  constructor(options: RootOptions) {
    this.#options = options;
    this.#delegation = rootDelegation(options.hints);
  }

  get delegation(): Delegation {
    const { isPrimed, clock, signal } = this.#options;
    if (isPrimed && !signal.aborted && clock.wallMs() / 1000 >= this.#primedUntilS)
      this.#priming ??= this.#prime().finally(() => {
        this.#priming = undefined;
      });
    return this.#delegation;
  }

  /** What is under way ends with the signal. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#priming;
  }

  async #prime(): Promise<void> {
    const { hints, authorities, clock, signal, newBudget } = this.#options;
    const question = { name: rootName, type: recordTypes.NS, class: recordClasses.IN };
    this.#primedUntilS = clock.wallMs() / 1000 + retryS;
    try {
      const answer = await authorities.ask({
        zone: rootName,
        servers: hints.flatMap(({ addresses }) => addresses),
        question,
        judge: message => (readResponse(message, question, rootName).kind === 'answer' ? 'useful' : 'lame'),
        budget: newBudget(),
        signal,
      });
      const finding = answer && readResponse(answer.message, question, rootName);
      if (finding?.kind !== 'answer' || finding.end.kind !== 'data') return;
      const servers = finding.end.rrset.records.flatMap(({ rdata }) => {
        if (rdata.kind !== 'NS') return [];
        const addresses = glueOf(answer?.message.additionals ?? [], rdata.target);
        return addresses.length === 0 ? [] : [{ name: rdata.target, addresses }];
      });
      if (servers.length === 0) return;
      this.#delegation = rootDelegation(servers);
      this.#primedUntilS =
        clock.wallMs() / 1000 + Math.min(Math.max(finding.end.rrset.ttl, retryS), longestS);
    } catch {
      // Out of time, or at the end of the process: the servers known so far will do.
    }
  }
}

function rootDelegation(servers: readonly NameServer[]): Delegation {
  return new Delegation(rootName, servers, Number.POSITIVE_INFINITY);
}
