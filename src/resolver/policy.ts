/**
 * The contract of a policy: one thing the resolver does to a query or to its reply.
 *
 * `create` is called in the order of `pipeline.ts`, at start and again at each reload of the configuration. What it throws
 * (a Fault) refuses that configuration. A handler that holds something - a timer, a file that it watches - gives it back
 * in `Symbol.asyncDispose`, called once, when the last query that it was given is answered (or the process ends). What
 * shall outlive a reload is not a handler's but one of the services: those are made once per process, `clients` and `names`
 * once for as long as the configuration says the same of them.
 * The handler is called for each
 * well-formed query (`listeners/respond.ts` says which those are), many at a time. It answers by itself, or calls `next`
 * with the query and gives what comes back, changed or not. Where its answer needs another question answered it may call
 * `next` with that; the budget stays the query's own. It gives a reply where it can and a promise where it must wait:
 * what is answered from memory never leaves the turn of the event loop in which the query arrived. Where nothing is to be
 * sent it gives `silence` (`reply.ts`).
 *
 * A handler logs nothing and keeps nothing per query. What it throws is answered with SERVFAIL, counted and logged.
 */

import type { PopSlice } from '../config/anycast-config.ts';
import type { Message, Question } from '../dns/message.ts';
import type { Clock } from '../system/clock.ts';
import type { AnswerCache } from './cache/answer-cache.ts';
import type { CacheActivity } from './cache/cache-activity.ts';
import type { RRsets } from './cache/rrsets.ts';
import type { CookieStatus } from './clients/client-counters.ts';
import type { Clients } from './clients/clients.ts';
import type { ResolverCounters } from './counters.ts';
import type { Client } from './listeners/client.ts';
import type { Names } from './names/names.ts';
import type { Reply } from './reply.ts';
import type { Resolution } from './resolution.ts';
import type { WorkBudget } from './work-budget.ts';

/** Where in the pipeline a policy stands; `pipeline.ts` gives the reason for the order. */
export const stages = ['sanity', 'access', 'clients', 'local', 'names', 'cache', 'resolution'] as const;

export type Stage = (typeof stages)[number];

export interface ClientQuery {
  /** Well-formed, a query, opcode QUERY, exactly one question. */
  readonly message: Message;
  readonly question: Question;
  readonly client: Client;
  /** Whether the client has shown that it is where it says: it speaks over a connection, or sent a good cookie. */
  readonly isAddressProven: boolean;
  /** What the query's DNS cookie is worth; `absent` too where cookies are off. */
  readonly cookie: CookieStatus;
  /** Pays for all that is done on behalf of this query. */
  readonly budget: WorkBudget;
}

export type Outcome = Reply | Promise<Reply>;

/** The rest of the pipeline. */
export type Next = (query: ClientQuery) => Outcome;

export interface PolicyHandler {
  (query: ClientQuery, next: Next): Outcome;
  [Symbol.asyncDispose]?(): PromiseLike<void>;
}

/** What policies share; none of it is theirs to end. */
export interface PolicyServices {
  readonly clock: Clock;
  readonly cache: AnswerCache;
  readonly rrsets: RRsets;
  readonly cacheActivity: CacheActivity;
  readonly resolution: Resolution;
  readonly clients: Clients;
  readonly names: Names;
  readonly counters: ResolverCounters;
}

/** The handler of a policy that its configuration gives nothing to do: the pipeline leaves it out. */
export const passThrough: PolicyHandler = (query, next) => next(query);

export interface Policy {
  readonly name: string;
  readonly stage: Stage;
  create(options: PopSlice, services: PolicyServices): PolicyHandler;
}
