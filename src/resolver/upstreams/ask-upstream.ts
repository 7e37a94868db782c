/** One question to one upstream: over UDP, over TCP when the answer is too large, without EDNS when it cannot read that. */
import type { Message, Question } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { Clock } from '../../system/clock.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import type { ExchangeRequest } from './exchange.ts';
import { exchangeTcp } from './tcp-exchange.ts';
import { exchangeUdp } from './udp-exchange.ts';
import { type Answer, upstreamQuery } from './upstream-query.ts';

export interface AskRequest extends Omit<ExchangeRequest, 'query'> {
  readonly question: Question;
  readonly flags: AnswerFlags;
  readonly clock: Clock;
}

/** Rejects with the signal's reason, and with the system's error when the upstream cannot be asked. */
export async function askUpstream(request: AskRequest): Promise<Answer> {
  const { upstream, clock } = request;
  const withEdns = upstream.speaksEdns(clock.monotonicMs());
  const asked = await askOnce(request, withEdns);
  if (!withEdns || !rejectsEdns(asked.message)) return asked;
  // RFC 6891 section 7: a server without EDNS answers FORMERR or NOTIMP, and no OPT record. If it says the same without
  // EDNS it is the question that it cannot read, and one client's odd question must not cost the others their DNSSEC.
  const askedPlainly = await askOnce(request, false);
  if (!rejectsEdns(askedPlainly.message)) upstream.refusedEdns(clock.monotonicMs());
  return askedPlainly;
}

async function askOnce(request: AskRequest, withEdns: boolean): Promise<Answer> {
  const { question, flags, upstream, clock } = request;
  const startedMs = clock.monotonicMs();
  const overUdp = await exchangeUdp({ ...request, query: upstreamQuery(question, flags, withEdns) });
  upstream.answered(clock.monotonicMs() - startedMs);
  if (overUdp !== 'truncated') return overUdp;
  return await exchangeTcp({ ...request, query: upstreamQuery(question, flags, withEdns) });
}

function rejectsEdns({ rcode, edns }: Message): boolean {
  return edns === undefined && (rcode === rcodes.FORMERR || rcode === rcodes.NOTIMP);
}
