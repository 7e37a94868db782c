/** Answers an alias of our own with what the rest of the pipeline says of its target. */
import type { ResourceRecord } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import type { ClientQuery, Next, Outcome } from '../policy.ts';
import type { Reply } from '../reply.ts';

export interface AliasEnd {
  readonly target: Name;
  readonly next: Next;
  /** The AA bit goes by the first record (RFC 1035 section 4.1.1): true where that is of a zone of ours. */
  readonly authoritative: boolean;
}

/** `chain` leads from the question's name to `target`. */
export function followAlias(
  query: ClientQuery,
  chain: readonly ResourceRecord[],
  { target, next, authoritative }: AliasEnd,
): Outcome {
  const outcome = next({ ...query, question: { ...query.question, name: target } });
  const behind = (reply: Reply): Reply => behindChain(chain, reply, authoritative);
  return outcome instanceof Promise ? outcome.then(behind) : behind(outcome);
}

/** The chain before the reply's answers. Nothing that depends on our configuration is kept by a cache. */
function behindChain(chain: readonly ResourceRecord[], reply: Reply, authoritative: boolean): Reply {
  if (reply.isSilence) return reply;
  const { isCacheable: _, ...rest } = reply;
  return { ...rest, authoritative, answers: [...chain, ...reply.answers] };
}
