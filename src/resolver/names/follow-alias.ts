/** Answers an alias of our own with what the rest of the pipeline says of its target. */
import type { ResourceRecord } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import type { ClientQuery, Next, Outcome } from '../policy.ts';
import type { Reply } from '../reply.ts';

/** `chain` leads from the question's name to `target`. The reply is as authoritative as its first record: ours (RFC 1035 section 4.1.1). */
export function followAlias(
  query: ClientQuery,
  chain: readonly ResourceRecord[],
  { target, next }: { readonly target: Name; readonly next: Next },
): Outcome {
  const outcome = next({ ...query, question: { ...query.question, name: target } });
  return outcome instanceof Promise ? outcome.then(reply => behind(chain, reply)) : behind(chain, outcome);
}

/** The chain before the reply's answers. Nothing that depends on our configuration is kept by a cache. */
function behind(chain: readonly ResourceRecord[], reply: Reply): Reply {
  if (reply.isSilence) return reply;
  const { upstreamOctets: _, ...rest } = reply;
  return { ...rest, authoritative: true, answers: [...chain, ...reply.answers] };
}
