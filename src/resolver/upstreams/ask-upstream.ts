/**
 * One question to one upstream: over UDP, over TCP when the answer is too large, without EDNS when it cannot read that; or
 * over TLS or HTTPS, where that is how it is known.
 */
import type { Question } from '../../dns/message.ts';
import { paddingBlocks } from '../../dns/options/padding.ts';
import type { Clock } from '../../system/clock.ts';
import type { AnswerFlags } from '../cache/answer-key.ts';
import type { Wait } from '../exchange/endpoint.ts';
import { type Answer, makeQuery, type Query, rejectsEdns } from '../exchange/query.ts';
import type { Transports } from '../exchange/transports.ts';
import type { WireTap, WireTaps } from '../exchange/wire-tap.ts';
import type { Transport } from '../transport.ts';
import type { WorkBudget } from '../work-budget.ts';
import type { Upstream } from './upstream.ts';

export interface AskRequest {
  readonly upstream: Upstream;
  readonly port: number;
  readonly question: Question;
  readonly flags: AnswerFlags;
  /** Pays for each message sent, and for what is received. */
  readonly budget: WorkBudget;
  readonly transports: Transports;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly taps?: WireTaps | undefined;
  /** Octets came that were not the answer. */
  readonly onMismatch: () => void;
  /** The network says that nobody is there. Only a hint: it can be forged, so the wait goes on. */
  readonly onUnreachable: () => void;
}

/** Near misses after which somebody is guessing, and TCP is asked instead (64 of 2^16 ids: 1 guesser in 1000 wins). */
const nearMissLimit = 64;

/** Rejects with the signal's reason, with BudgetExhausted, and with the system's error when the upstream cannot be asked. */
export async function askUpstream(request: AskRequest): Promise<Answer> {
  const { upstream, clock } = request;
  const withEdns = upstream.speaksEdns(clock.monotonicMs());
  const asked = await askOnce(request, withEdns);
  if (!withEdns || !rejectsEdns(asked.message)) return asked;
  // RFC 6891 section 7. If it says the same without EDNS it is the question that it cannot read, and one client's odd
  // question must not cost the others their DNSSEC.
  const askedPlainly = await askOnce(request, false);
  if (!rejectsEdns(askedPlainly.message)) upstream.refusedEdns(clock.monotonicMs());
  return askedPlainly;
}

async function askOnce(request: AskRequest, withEdns: boolean): Promise<Answer> {
  const { upstream, port, clock, transports, budget, signal, onMismatch, onUnreachable } = request;
  const server = { address: upstream.address, source: upstream.source, port };
  const tap = (transport: Transport, to = server): WireTap | undefined =>
    request.taps?.({ ...to, transport, zone: undefined });
  const startedMs = clock.monotonicMs();
  if (upstream.tls) {
    const { path, ...proof } = upstream.tls;
    const secure = { ...server, ...proof };
    const query = paidQuery(request, withEdns);
    const wait =
      path === undefined
        ? transports.overTls({ server: secure, query, onMismatch, wire: tap('dot', secure) })
        : transports.overHttps({ server: { ...secure, path }, query, onMismatch, wire: tap('doh', secure) });
    const answer = await untilAborted(wait, signal);
    upstream.answered(clock.monotonicMs() - startedMs);
    return charged(budget, answer);
  }
  const query = paidQuery(request, withEdns);
  const overUdp = await untilAborted(
    transports.overUdp({ server, query, nearMissLimit, onMismatch, onUnreachable, wire: tap('udp') }),
    signal,
  );
  upstream.answered(clock.monotonicMs() - startedMs);
  const answer =
    typeof overUdp === 'object'
      ? overUdp
      : await untilAborted(
          transports.overTcp({
            server,
            query: paidQuery(request, withEdns),
            onMismatch,
            wire: tap('tcp'),
          }),
          signal,
        );
  return charged(budget, answer);
}

function charged(budget: WorkBudget, answer: Answer): Answer {
  budget.spend('bytes', answer.octets);
  budget.spend('nameBytes', answer.nameOctets);
  return answer;
}

function paidQuery({ upstream, question, flags, budget, transports }: AskRequest, withEdns: boolean): Query {
  budget.spend('packets');
  return makeQuery({
    // RFC 8484 section 4.1: over HTTPS the stream tells answers apart.
    id: upstream.tls?.path === undefined ? transports.entropy.uint16() : 0,
    question,
    secretCase: undefined,
    recursionDesired: true,
    checkingDisabled: flags.checkingDisabled,
    edns: withEdns ? { dnssecOk: flags.dnssecOk } : undefined,
    ...(upstream.tls && { padTo: paddingBlocks.query }),
  });
}

/** @throws The signal's reason. */
async function untilAborted<T>(wait: Wait<T>, signal: AbortSignal): Promise<T> {
  const end = (): void => wait.end();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    const outcome = await wait.outcome;
    if (outcome === undefined) throw signal.reason;
    return outcome;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
