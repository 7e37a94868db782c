/**
 * Asks this PoP's resolver for names that only its upstreams know, and another PoP's resolver the same when the answer is
 * bad here: a lost upstream is ours alone when a peer still answers, and everybody's when it does not.
 *
 * Asked at management addresses only: a question to the service address may be answered by another PoP, whose upstreams
 * are well.
 *
 * The trap: a cached answer hides a lost upstream for as long as its TTL. `fresh` puts a label in front that nobody ever
 * asked for, below a name that exists and that says NXDOMAIN to it, or has a wildcard. (A resolver that makes NXDOMAIN
 * out of cached NSEC records, RFC 8198, needs the wildcard, or an unsigned zone.) And a resolver that waits for a silent
 * upstream waits longer than the default timeout: a timeout is as bad as SERVFAIL here, but from a peer it proves nothing.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { rcodeName, rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import type { IpAddress } from '../../ip/address.ts';
import { ended } from '../../system/ended.ts';
import { failureVerdict } from '../ask-failure.ts';
import { type Answer, ask, type Question } from '../dns-client.ts';
import { questionTypeKey, rcodeKey, withoutFinalDot } from '../dns-question-keys.ts';
import { worstOf } from '../every-address.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';

/** Octets of a fresh label before they are written in hexadecimal: no two in the life of a cache are equal. */
const freshOctets = 8;

const questionSchema = z
  .strictObject({
    /** Short enough for a fresh label in front (RFC 1035 section 2.3.4). */
    name: z.string().min(1).max(230),
    type: questionTypeKey.default('A'),
    /** Absent: NOERROR, or NXDOMAIN for a fresh question. */
    rcode: rcodeKey.optional(),
    fresh: z.boolean().default(false),
  })
  .transform(({ rcode, ...asked }) => ({
    ...asked,
    rcode: rcode ?? (asked.fresh ? rcodes.NXDOMAIN : rcodes.NOERROR),
  }));

const options = z.strictObject({
  questions: z.array(questionSchema).min(1).max(8),
});

export type UpstreamCheckOptions = z.output<typeof options>;
type Asked = UpstreamCheckOptions['questions'][number];

/** What an answer, or the lack of one, says of the resolver's upstreams. */
type Judge = (answer: Answer, asked: Asked, where: string) => Verdict;

export const upstreamCheck = defineHealthCheck<UpstreamCheckOptions>({
  kind: 'upstream',
  faultClass: 'shared',
  options,
  probe: ({ questions }, context) =>
    worstOf(
      questions.map(asked => askAt(context.managementAddresses, asked, context, judgeOwn)),
      context,
    ),
  probePeer: ({ questions }, peer, context) =>
    worstOf(
      questions.map(asked => askAt(peer.managementAddresses, asked, context, judgePeer)),
      context,
    ),
});

/**
 * Asks at all addresses of one resolver at once: they have the same upstreams. The first good answer decides; else a bad
 * one; else nobody could be asked.
 */
async function askAt(
  addresses: readonly IpAddress[],
  asked: Asked,
  context: CheckContext,
  judge: Judge,
): Promise<Verdict> {
  const { servicePort: port, timeoutMs } = context;
  const question = questionOf(asked);
  const decided = new AbortController();
  const stop = (): void => decided.abort(context.signal.reason);
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  try {
    const verdicts = addresses.map(async address => {
      const server = { address, port, transport: 'udp' } as const;
      const answer = await ask(question, server, { signal: decided.signal, timeoutMs });
      return judge(answer, asked, `udp ${address.text}`);
    });
    return await firstHealthy(verdicts);
  } finally {
    context.signal.removeEventListener('abort', stop);
    decided.abort(ended);
  }
}

/** The first healthy verdict as soon as it is there; when there is none, an unhealthy one before one that is unknown. */
async function firstHealthy(verdicts: readonly Promise<Verdict>[]): Promise<Verdict> {
  const healthy = Promise.withResolvers<Verdict>();
  const all = Promise.all(
    verdicts.map(async coming => {
      const verdict = await coming;
      if (verdict.kind === 'healthy') healthy.resolve(verdict);
      return verdict;
    }),
  );
  const last = all.then(
    ended =>
      ended.find(({ kind }) => kind === 'unhealthy') ??
      ended.find(({ kind }) => kind === 'unknown') ?? {
        kind: 'unknown' as const,
        reason: 'no address to ask',
      },
  );
  return await Promise.race([healthy.promise, last]);
}

function questionOf({ name, type, fresh }: Asked): Question {
  const below = withoutFinalDot(name);
  const label = randomBytes(freshOctets).toString('hex');
  const asked = fresh ? (below === '' ? label : `${label}.${below}`) : below;
  return { name: asked, type, class: recordClasses.IN };
}

function judgeOwn(answer: Answer, asked: Asked, where: string): Verdict {
  if (answer.kind !== 'reply') return failureVerdict(answer, `${where}: ${labelOf(asked)}`);
  const { rcode } = answer.packet.header;
  if (rcode === asked.rcode) return { kind: 'healthy' };
  const complaint = `${labelOf(asked)}: ${rcodeName(rcode)}, not ${rcodeName(asked.rcode)}`;
  return { kind: 'unhealthy', reason: `${where}: ${complaint}` };
}

/** Silence may be the network between us, and REFUSED is the peer's own will: neither says a word of its upstreams. */
function judgePeer(answer: Answer, asked: Asked, where: string): Verdict {
  const verdict = judgeOwn(answer, asked, where);
  if (verdict.kind !== 'unhealthy') return verdict;
  const proves = answer.kind === 'reply' && answer.packet.header.rcode !== rcodes.REFUSED;
  return proves ? verdict : { kind: 'unknown', reason: verdict.reason };
}

/** As configured, with a star for the label that differs each time. */
function labelOf({ name, type, fresh }: Asked): string {
  return `${fresh ? (name === '.' ? '*.' : `*.${name}`) : name} ${type}`;
}
