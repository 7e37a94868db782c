/**
 * The pipeline: every policy, in the order a query meets them. A new policy is one file in `policies/` and one line here.
 *
 * What is cheap and certain comes first, what costs memory or packets comes last, and nobody is told anything by a stage
 * that comes after the one that refuses him. Before all of them `listeners/respond.ts` has dropped responses and answered
 * FORMERR and NOTIMP to what is no well-formed query: those have no question for a policy to look at.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import { access } from './policies/access.ts';
import { cache } from './policies/cache.ts';
import { dns64 } from './policies/dns64.ts';
import { filter } from './policies/filter.ts';
import { identity } from './policies/identity.ts';
import { inFlight } from './policies/in-flight.ts';
import { localRecords } from './policies/local-records.ts';
import { minimalAny } from './policies/minimal-any.ts';
import { rateLimit } from './policies/rate-limit.ts';
import { rebinding } from './policies/rebinding.ts';
import { recursionDesired } from './policies/recursion-desired.ts';
import { resolve } from './policies/resolve.ts';
import { sanity } from './policies/sanity.ts';
import { specialUse } from './policies/special-use.ts';
import { steered } from './policies/steered.ts';
import {
  type ClientQuery,
  type Outcome,
  type Policy,
  type PolicyHandler,
  type PolicyServices,
  passThrough,
} from './policy.ts';

export const policies: readonly Policy[] = [
  // sanity: looks at the message alone, so that it costs the same whoever asks, and nothing behind it meets a class, type
  // or EDNS version it has no answer for.
  sanity,

  // access: before anything that tells a client about this PoP or about other clients. The replies it gives are smaller
  // than most queries, and it is the last stage that a stranger reaches.
  access,

  // clients: how often those who are admitted may ask. Cookies have been judged before the first policy.
  rateLimit,

  // local: names and types answered from the configuration, which must not be shadowed by the cache. Identity first: it
  // adds NSID to every reply made behind it, and answers with RD or without.
  identity,
  minimalAny,
  recursionDesired,

  // names: decide about names before the cache can know them, since what they answer may depend on the client. DNS64 before
  // the others, so that its A questions meet them all. Own records come before the lists, which cannot block them;
  // special-use names after, so that a list may. Rebinding last: it looks at what comes from outside, not at what is ours.
  dns64,
  localRecords,
  steered,
  filter,
  specialUse,
  rebinding,

  // cache: everything in front of it is per client, everything behind it is per question.
  cache,

  // (seat: validation, between cache and resolution, so that what is kept is what was proven.)

  // resolution: the only stage that sends packets; in front of it, how many questions one client may have it ask at once.
  inFlight,
  resolve,
];

export interface Pipeline extends AsyncDisposable {
  readonly answer: (query: ClientQuery) => Outcome;
}

/**
 * The pipeline as one function. Policies are created in order, and disposed of in reverse.
 * @throws What a policy throws that cannot be made of this configuration; those before it are disposed of.
 */
export function createPipeline(
  slice: PopSlice,
  services: PolicyServices,
  listed: readonly Policy[] = policies,
): Pipeline {
  const nothingLeft = (): Outcome => {
    throw new Error('a query went past the last policy');
  };
  const held = new AsyncDisposableStack();
  const created: PolicyHandler[] = [];
  try {
    for (const policy of listed) {
      const handler = policy.create(slice, services);
      if (handler !== passThrough) created.push(handler);
      held.defer(async () => await handler[Symbol.asyncDispose]?.());
    }
  } catch (error) {
    // What it says is of no more interest than the fault that led here.
    void held.disposeAsync().catch(() => undefined);
    throw error;
  }
  const answer = created.reduceRight<(query: ClientQuery) => Outcome>(
    (next, handler) => query => handler(query, next),
    nothingLeft,
  );
  return { answer, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
