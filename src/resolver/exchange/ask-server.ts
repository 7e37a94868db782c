/**
 * One question to one authoritative server: over UDP, over TCP when the answer is too large or somebody seems to guess,
 * with another cookie when it wants one, without EDNS when the server cannot read that. At most five messages; each is paid
 * for before it leaves.
 */
import type { Question } from '../../dns/message.ts';
import type { Name } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
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
import type { WireTap, WireTaps } from './wire-tap.ts';

export interface AskContext {
  readonly transports: Transports;
  readonly servers: Servers;
  readonly clock: Clock;
  readonly counters: ExchangeCounters;
  /** Whether the case of names is drawn by chance. */
  readonly caseRandomisation: boolean;
  /** Whether servers are sent cookies. */
  readonly sendsCookies: boolean;
  readonly taps?: WireTaps | undefined;
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
  /** That it is asked for. */
  readonly zone: Name;
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
  /** Of the query sent last. */
  #cookie: Uint8Array | undefined;

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
      let answer = await this.#askOnce(withEdns);
      // Without a cookie this time: `HeldCookie.heard` has seen to that.
      if (answer && this.#cannotReadCookie(answer)) answer = await this.#askOnce(withEdns);
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
      let outcome = await this.#overUdp(withEdns);
      // RFC 7873 section 5.3: with the cookie that came along; where that will not do either, over TCP.
      if (isBadCookie(outcome)) {
        this.#accepted(outcome);
        if (this.#request.server.cookie.isGiven) outcome = await this.#overUdp(withEdns);
      }
      if (typeof outcome !== 'string' && !isBadCookie(outcome)) return outcome && this.#accepted(outcome);
      this.#isTcp = true;
      this.#request.events.onWord();
      this.#context.counters.tcpFallbacks += 1;
    }
    const answer = await this.#overTcp(withEdns);
    return answer && this.#accepted(answer);
  }

  async #overUdp(withEdns: boolean): Promise<UdpOutcome | undefined> {
    const { transports, clock, counters, servers } = this.#context;
    const { server } = this.#request;
    const query = this.#query(withEdns);
    if (!query) return undefined;
    counters.sent.udp += 1;
    this.#waitAtMost(server.timeoutMs, server.silences);
    const { silences } = server;
    const startedMs = clock.monotonicMs();
    const wait = transports.overUdp({
      server,
      query,
      nearMissLimit,
      onMismatch: this.#onMismatch,
      onUnreachable: this.#onUnreachable,
      wire: this.#tap('udp'),
    });
    this.#wait = wait;
    const outcome = await wait.outcome;
    if (outcome === 'case-lost') this.#noticeLostCase(false);
    if (outcome === 'cookie-lost') counters.cookiesLost += 1;
    if (outcome === 'near-miss' || outcome === 'case-lost' || outcome === 'cookie-lost')
      counters.nearMisses += 1;
    else if (outcome !== undefined) {
      server.answered(clock.monotonicMs() - startedMs);
      servers.heardOf(server.address.family, true);
      if (outcome !== 'truncated') this.#hearCookie(outcome, silences);
    }
    return outcome;
  }

  async #overTcp(withEdns: boolean): Promise<Answer | undefined> {
    const { transports, counters } = this.#context;
    const { server } = this.#request;
    const query = this.#query(withEdns);
    if (!query) return undefined;
    counters.sent.tcp += 1;
    this.#waitAtMost(Math.max(leastTcpMs, tcpRoundTrips * server.timeoutMs));
    const wait = transports.overTcp({
      server,
      query,
      onMismatch: this.#onMismatch,
      wire: this.#tap('tcp'),
    });
    this.#wait = wait;
    const answer = await wait.outcome;
    if (!answer) return undefined;
    server.answered();
    this.#hearCookie(answer, 0);
    if (!answer.isCaseKept) this.#noticeLostCase(true);
    return answer;
  }

  #tap(transport: 'udp' | 'tcp'): WireTap | undefined {
    const { server, zone } = this.#request;
    const { address, port, source } = server;
    return this.#context.taps?.({ address, port, source, transport, zone });
  }

  /** `silences`: so often the server had kept silent when it was asked. */
  #hearCookie({ message }: Answer, silences: number): void {
    const { clock, counters } = this.#context;
    const { cookie } = this.#request.server;
    if (message.rcode === rcodes.BADCOOKIE) counters.badCookies += 1;
    if (this.#cookie) {
      cookie.heard(this.#cookie, message.edns, clock.monotonicMs());
      if (cookie.isGiven) counters.cookiesKept += 1;
    }
    // Silent to a query with a cookie and not to one without: something on the way may take offence.
    else if (silences > 0) cookie.leave(clock.monotonicMs());
  }

  /** RFC 6891 section 6.1.2 has servers pass over options they do not know; some find fault with them. */
  #cannotReadCookie({ message }: Answer): boolean {
    const { cookie } = this.#request.server;
    return (
      this.#cookie !== undefined &&
      !cookie.isGiven &&
      message.rcode === rcodes.FORMERR &&
      message.edns !== undefined
    );
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
    const { transports, clock, caseRandomisation, sendsCookies } = this.#context;
    const { question, server, budget } = this.#request;
    budget.spend('packets');
    const isCookieDue = sendsCookies && withEdns && (server.silences === 0 || server.cookie.isGiven);
    this.#cookie = isCookieDue ? server.cookie.toSend(clock.monotonicMs(), transports.entropy) : undefined;
    const isSecret = caseRandomisation && server.keepsCase(clock.monotonicMs());
    return makeQuery({
      id: transports.entropy.uint16(),
      question,
      secretCase: isSecret ? randomCase(question.name, transports.entropy) : undefined,
      recursionDesired: false,
      checkingDisabled: false,
      edns: withEdns ? { dnssecOk: true } : undefined,
      cookie: this.#cookie,
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

function isBadCookie(outcome: UdpOutcome | undefined): outcome is Answer {
  return typeof outcome === 'object' && outcome.message.rcode === rcodes.BADCOOKIE;
}
