/**
 * How the other PoPs are, looked at every few seconds: whether their resolvers answer at their management addresses, what
 * they say of themselves, and whether they see this one answer.
 *
 * The last is the view from outside that a PoP cannot have of itself: a firewall that drops port 53 is invisible to a probe
 * on the same host. Each PoP looks at all others and shows what it saw on `/status`, so each can read there how it is seen.
 * A service address cannot be asked this way: every PoP has it itself.
 */
import { recordClasses } from '../../dns/record-class.ts';
import { ask } from '../../health/dns-client.ts';
import type { PeerTarget } from '../../health/health-check.ts';
import type { IpAddress } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/within.ts';
import type { AgentEvent } from '../event-log.ts';
import type { PeerReports, Standing } from './peer-report.ts';

export interface PeerView {
  readonly pop: string;
  /** What it says of itself; absent when its agent could not be asked. */
  readonly standing?: Standing;
  /** Whether its resolver answers at a management address with its own name. */
  readonly answers: 'yes' | 'no' | 'unknown';
  /** Whether it sees ours answer; `unknown` when it does not say. */
  readonly seesUs: 'yes' | 'no' | 'unknown';
}

export interface PeerWatchParts {
  readonly pop: string;
  readonly peers: readonly PeerTarget[];
  readonly reports: PeerReports;
  /** The port on which resolvers answer. */
  readonly dnsPort: number;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  record(event: AgentEvent): void;
  /** Called after each look. */
  onViews(views: readonly PeerView[]): void;
}

/** Looks in a row at which a PoP must be silent to count as such: one lost packet is none. */
const silentAfter = 2;

export class PeerWatch implements AsyncDisposable {
  readonly #parts: PeerWatchParts;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #views: readonly PeerView[];
  readonly #silent = new Map<string, number>();

  constructor(parts: PeerWatchParts) {
    this.#parts = parts;
    this.#views = parts.peers.map(({ pop }) => ({ pop, answers: 'unknown', seesUs: 'unknown' }));
    this.#running = this.#run();
  }

  views(): readonly PeerView[] {
    return this.#views;
  }

  /** How many other PoPs were last known to announce and to stay. */
  staying(): number {
    return this.#views.filter(({ standing }) => standing === 'in').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the agent is ending'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { peers, clock, intervalMs, random } = this.#parts;
    const { signal } = this.#end;
    if (peers.length === 0) return;
    try {
      await clock.sleep(random() * intervalMs, signal);
      for (;;) {
        const views = await Promise.all(peers.map(async peer => await this.#look(peer)));
        signal.throwIfAborted();
        for (const view of views) this.#recordChange(view);
        this.#views = views;
        this.#parts.onViews(views);
        await clock.sleep(intervalMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #look(peer: PeerTarget): Promise<PeerView> {
    const { reports, clock, timeoutMs, pop } = this.#parts;
    return await within({ ms: timeoutMs, clock, signals: [this.#end.signal] }, async signal => {
      const [report, answered] = await Promise.all([
        reports.ask(peer, signal),
        Promise.all(
          peer.managementAddresses.map(async address => await this.#answers(peer, address, signal)),
        ),
      ]);
      const isSilent = !answered.includes(true);
      const times = isSilent ? (this.#silent.get(peer.pop) ?? 0) + 1 : 0;
      this.#silent.set(peer.pop, times);
      const seesUs = report?.peers.find(each => each.pop === pop)?.answers ?? 'unknown';
      const answers = isSilent ? (times >= silentAfter ? 'no' : 'unknown') : 'yes';
      return { pop: peer.pop, ...(report && { standing: report.standing }), answers, seesUs };
    });
  }

  async #answers({ pop }: PeerTarget, address: IpAddress, signal: AbortSignal): Promise<boolean> {
    const { dnsPort: port, timeoutMs } = this.#parts;
    const question = { name: 'id.server', type: 'TXT', class: recordClasses.CH };
    const answer = await ask(question, { address, port, transport: 'udp' }, { signal, timeoutMs });
    return (
      answer.kind === 'reply' && answer.packet.answers.some(({ data }) => [data].flat().join('') === pop)
    );
  }

  #recordChange(view: PeerView): void {
    const before = this.#views.find(({ pop }) => pop === view.pop);
    const { pop, standing, answers, seesUs } = view;
    if (before?.standing === standing && before?.answers === answers && before?.seesUs === seesUs) return;
    this.#parts.record({ kind: 'peer', pop, standing: standing ?? 'unknown', answers, seesUs });
  }
}
