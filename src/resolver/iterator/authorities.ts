/**
 * The contract between the iterator, which knows what to ask of whom, and the exchange, which gets it asked.
 *
 * `ask` sends one question to one zone's servers, one after another in an order of its own choosing, until one gives a
 * message that `judge` takes. It sees to ids, ports, letter case, EDNS, TCP, timeouts, round-trip times, caps on what is
 * under way, and to servers that are silent or lame. It looks at nothing in a message but what makes it the answer to the
 * question that was sent. The same question to the same zone is under way once: whoever asks meanwhile joins, for nothing.
 */
import type { Message, Question } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import type { IpAddress } from '../../ip/address.ts';
import type { WorkBudget } from '../work-budget.ts';

/** `lame`: this server does not serve the zone; remembered for the zone. `useless`: ask another, remember nothing. */
export type Judgement = 'useful' | 'lame' | 'useless';

export interface AuthorityRequest {
  /** The zone whose servers these are. */
  readonly zone: Name;
  /** At least one. Addresses on the do-not-query list are passed over. */
  readonly servers: readonly IpAddress[];
  readonly question: Question;
  readonly judge: (message: Message) => Judgement;
  /** Pays for each message sent, for each octet received, for names expanded. */
  readonly budget: WorkBudget;
  readonly signal: AbortSignal;
}

export interface AuthorityAnswer {
  readonly message: Message;
  readonly server: IpAddress;
}

export interface Authorities extends AsyncDisposable {
  /**
   * Undefined when no server gave a useful answer, or when there was no room to ask.
   * @throws BudgetExhausted; the signal's reason.
   */
  ask(request: AuthorityRequest): Promise<AuthorityAnswer | undefined>;

  /** Whether each of them has lately kept silent so often that asking it costs more than it promises. */
  areDown(servers: readonly IpAddress[]): boolean;
}
