/**
 * One question to one authoritative server: over UDP, over TCP when the answer is too large or somebody seems to guess,
 * without EDNS when the server cannot read that. At most four messages; each is paid for before it leaves.
 */
import type { Question } from '../../dns/message.ts';
import type { Clock } from '../../system/clock.ts';
import type { WorkBudget } from '../work-budget.ts';
import type { Deadline } from './deadlines.ts';
import type { Wait } from './endpoint.ts';
import type { ExchangeCounters } from './exchange-counters.ts';
import { randomCase } from './letter-case.ts';
import { type Answer, makeQuery, type Query, rejectsEdns } from './query.ts';
import type { Server } from './server.ts';
import type { Servers } from './servers.ts';
import { isSystemError } from './system-error.ts';
import type { Transports } from './transports.ts';
import type { UdpOutcome } from './udp-exchange.ts';

export interface AskContext {
  readonly transports: Transports;
  readonly servers: Servers;
  readonly clock: Clock;
  readonly counters: ExchangeCounters;
  /** Whether the case of names is drawn by chance. */
  readonly caseRandomisation: boolean;
  /** How many single servers are being asked. */
  readonly attempts: { underWay: number };
}

export interface AskEvents {
  /** It has kept silent for so long that another should be asked; it may still answer. */
  readonly onSilent: () => void;
  /** The network says that nobody is there; it may still answer. */
  readonly onUnreachable: () => void;
  /** It has said something, or cannot be asked at all: asking it again for the same would be no use. */
  readonly onWord: () => void;
}

export interface AskServerRequest {
  readonly server: Server;
  readonly events: AskEvents;
  readonly question: Question;
  readonly budget: WorkBudget;
}

/** As PowerDNS has it: one wrong guess is one too many, and TCP is only a little slower. */
const nearMissLimit = 1;

/** Milliseconds after which another server is asked, however slow this one is known to be. */
const longestHandOverMs = 800;

/** Round trips until an answer over TCP, the handshake included; and milliseconds that it gets at least. */
const tcpRoundTrips = 3;
const leastTcpMs = 300;

/** Rejects with BudgetExhausted, else for a fault of ours only. Undefined: no answer, in time or at all. */
export function askServer(context: AskContext, request: AskServerRequest): Wait<Answer> {
  const asking = new Asking(context, request);
  return { outcome: asking.run(), end: () => asking.end() };
}

class Asking {
  readonly #context: AskContext;
  readonly #request: AskServerRequest;
  #wait: Wait<unknown> | undefined;
  #timer: Deadline | undefined;
  #isOver = false;
  #isTcp = false;

  constructor(context: AskContext, request: AskServerRequest) {
    this.#context = context;
    this.#request = request;
  }

  end(): void {
    this.#isOver = true;
    this.#wait?.end();
  }

  async run(): Promise<Answer | undefined> {
    const { counters, clock, servers, attempts } = this.#context;
    const { server, events } = this.#request;
    server.underWay += 1;
    attempts.underWay += 1;
    try {
      const withEdns = server.speaksEdns(clock.monotonicMs());
      const answer = await this.#askOnce(withEdns);
      if (!answer || !withEdns || !rejectsEdns(answer.message)) return answer;
      counters.ednsFallbacks += 1;
      const plainly = await this.#askOnce(false);
      // If it says the same without EDNS it is the question that it cannot read.
      if (plainly && !rejectsEdns(plainly.message)) server.refusedEdns(clock.monotonicMs());
      return plainly;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      counters.unreachable += 1;
      // Over UDP it is our own machine that says so: it has no way there.
      if (!this.#isTcp) servers.heardOf(server.address.family, false);
      events.onWord();
      return undefined;
    } finally {
      server.underWay -= 1;
      attempts.underWay -= 1;
      this.#timer?.callOff();
    }
  }

  async #askOnce(withEdns: boolean): Promise<Answer | undefined> {
    if (!this.#isTcp) {
      const query = this.#query(withEdns);
      if (!query) return undefined;
      const startedMs = this.#context.clock.monotonicMs();
      const outcome = await this.#overUdp(query);
      this.#notice(outcome, startedMs);
      if (typeof outcome !== 'string') return outcome && this.#accepted(outcome);
      this.#isTcp = true;
      this.#request.events.onWord();
      this.#context.counters.tcpFallbacks += 1;
    }
    const answer = await this.#overTcp(withEdns);
    return answer && this.#accepted(answer);
  }

  #overUdp(query: Query): Promise<UdpOutcome | undefined> {
    const { transports, counters } = this.#context;
    const { server } = this.#request;
    counters.sent.udp += 1;
    this.#waitAtMost(server.timeoutMs, server.silences);
    const wait = transports.overUdp({
      server,
      query,
      nearMissLimit,
      onMismatch: this.#onMismatch,
      onUnreachable: this.#onUnreachable,
    });
    this.#wait = wait;
    return wait.outcome;
  }

  #notice(outcome: UdpOutcome | undefined, startedMs: number): void {
    const { clock, counters, servers } = this.#context;
    const { server } = this.#request;
    if (outcome === 'case-lost') this.#noticeLostCase(false);
    if (outcome === 'near-miss' || outcome === 'case-lost') counters.nearMisses += 1;
    else if (outcome !== undefined) {
      server.answered(clock.monotonicMs() - startedMs);
      servers.heardOf(server.address.family, true);
    }
  }

  async #overTcp(withEdns: boolean): Promise<Answer | undefined> {
    const { transports, counters } = this.#context;
    const { server } = this.#request;
    const query = this.#query(withEdns);
    if (!query) return undefined;
    counters.sent.tcp += 1;
    this.#waitAtMost(Math.max(leastTcpMs, tcpRoundTrips * server.timeoutMs));
    const wait = transports.overTcp({ server, query, onMismatch: this.#onMismatch });
    this.#wait = wait;
    const answer = await wait.outcome;
    if (!answer) return undefined;
    server.answered();
    if (!answer.isCaseKept) this.#noticeLostCase(true);
    return answer;
  }

  #noticeLostCase(isSure: boolean): void {
    const { clock, counters } = this.#context;
    const { server } = this.#request;
    const nowMs = clock.monotonicMs();
    if (!server.keepsCase(nowMs)) return;
    server.lostCase(nowMs, isSure);
    if (!server.keepsCase(nowMs)) counters.caseLost += 1;
  }

  /** Paid for. Undefined when it is too late to send one. */
  #query(withEdns: boolean): Query | undefined {
    if (this.#isOver) return undefined;
    const { transports, clock, caseRandomisation } = this.#context;
    const { question, server, budget } = this.#request;
    budget.spend('packets');
    const isSecret = caseRandomisation && server.keepsCase(clock.monotonicMs());
    return makeQuery({
      id: transports.entropy.uint16(),
      question,
      secretCase: isSecret ? randomCase(question.name, transports.entropy) : undefined,
      recursionDesired: false,
      checkingDisabled: false,
      edns: withEdns ? { dnssecOk: true } : undefined,
    });
  }

  #accepted(answer: Answer): Answer {
    const { budget } = this.#request;
    this.#context.counters.answered += 1;
    budget.spend('bytes', answer.octets);
    budget.spend('nameBytes', answer.nameOctets);
    return answer;
  }

  readonly #onMismatch = (): void => {
    this.#context.counters.mismatched += 1;
  };

  readonly #onUnreachable = (): void => {
    this.#context.counters.unreachable += 1;
    this.#request.events.onUnreachable();
  };

  /**
   * Watches the time, from now on: hands over when the server has been silent, gives up when it has been so for as long
   * again or the budget's time is over. `silences`: it counts against the server, which had as many before; over TCP others may be to blame.
   */
  #waitAtMost(timeoutMs: number, silences?: number): void {
    const { events, budget } = this.#request;
    const { deadlines } = this.#context.transports;
    // One millisecond more, so that the budget has noticed: whoever asks next is told that time is over.
    const leftMs = budget.remainingMs + 1;
    const handOverMs = Math.min(timeoutMs, longestHandOverMs);
    const giveUpMs = Math.min(Math.max(timeoutMs, 2 * handOverMs), leftMs);
    this.#timer?.callOff();
    this.#timer = deadlines.set(Math.min(handOverMs, leftMs), () => {
      if (handOverMs >= leftMs) {
        this.end();
        return;
      }
      if (handOverMs === timeoutMs) this.#blame(silences);
      this.#timer = deadlines.set(giveUpMs - handOverMs, () => {
        if (handOverMs < timeoutMs && giveUpMs >= timeoutMs) this.#blame(silences);
        this.end();
      });
      events.onSilent();
    });
  }

  #blame(silences: number | undefined): void {
    const { clock, counters, servers } = this.#context;
    const { server } = this.#request;
    counters.timeouts += 1;
    if (silences === undefined) return;
    server.keptSilent(clock.monotonicMs(), silences);
    servers.heardOf(server.address.family, false);
  }
}
