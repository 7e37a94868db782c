/**
 * Where a fault of something shared is. While such a check is down, this PoP and all others are asked the same question at
 * the same moment: another one that can answer it while this one cannot shows that the fault is ours; if none can, it is
 * everywhere.
 *
 * An attribution counts when two rounds in a row agree. "Could not ask" moves nothing, as with any verdict: what was found
 * before stays, and a network between PoPs that is cut leaves a fault unattributed, which keeps the routes.
 *
 * The trap is the end of a fault that was everywhere. Each PoP's resolver notices when it next asks its upstreams; until the
 * last one has, the others look free of a fault that was never that one's alone. So once a round has found this PoP down and
 * no other free of it - they said so, or were silent, as resolvers are that wait for an upstream themselves - the fault is
 * ours only when others stay free of it for longer than a resolver takes to notice (`returnMs`). A short fault may be over
 * by the time that the check is down; so the rounds begin with its first failure, and until it is down they show nothing but
 * that: whether others had it too.
 */
import type { CheckContext, PeerTarget, Verdict } from '../../health/health-check.ts';
import { sleepLived } from '../../health/lived-time.ts';
import type { Clock } from '../../system/clock.ts';
import { describeError } from '../../system/fault.ts';
import { within } from '../../system/within.ts';
import type { ConfiguredCheck } from '../check-watch.ts';
import type { Place } from '../decide.ts';
import type { AgentEvent } from '../event-log.ts';

/** What the verdicts of one moment say, this PoP's own and the others'. Pure. */
export function attribute(own: Verdict, verdicts: readonly Verdict[]): Place {
  // Not broken here at this moment: nothing to attribute, and the check will be up soon.
  if (own.kind !== 'unhealthy') return 'unknown';
  if (verdicts.some(({ kind }) => kind === 'healthy')) return 'here';
  return verdicts.some(({ kind }) => kind === 'unhealthy') ? 'everywhere' : 'unknown';
}

/** What the rounds of one inquiry so far amount to. */
export interface Findings {
  readonly attribution: Place | undefined;
  /** The last rounds that agree. */
  readonly row: { readonly outcome: Place; readonly length: number; readonly sinceMs: number } | undefined;
  /** In some round this PoP had the fault and no other was seen to be free of it. */
  readonly wasShared: boolean;
}

export const nothingFound: Findings = { attribution: undefined, row: undefined, wasShared: false };

/** What is kept of `found` when the check goes down. Pure. */
export function asDown({ wasShared }: Findings): Findings {
  return { ...nothingFound, wasShared };
}

/** Takes a round into account that began at `atMs`. Pure. */
export function weigh(
  before: Findings,
  {
    own,
    others,
    atMs,
  }: { readonly own: Verdict; readonly others: readonly Verdict[]; readonly atMs: number },
  returnMs: number,
): Findings {
  const outcome = attribute(own, others);
  const last = before.row?.outcome === outcome ? before.row : { outcome, length: 0, sinceMs: atMs };
  const row = { ...last, length: last.length + 1 };
  const wasShared = before.wasShared || (own.kind === 'unhealthy' && outcome !== 'here');
  const isReturning = outcome === 'here' && before.attribution !== 'here' && wasShared;
  const isKnown =
    outcome !== 'unknown' && row.length >= agreeing && !(isReturning && atMs - row.sinceMs < returnMs);
  const attribution = isKnown
    ? outcome
    : (before.attribution ?? (outcome === 'unknown' ? 'unknown' : undefined));
  return { attribution, row, wasShared };
}

export interface AttributionParts {
  readonly peers: readonly PeerTarget[];
  readonly context: Omit<CheckContext, 'signal' | 'timeoutMs'>;
  /** Milliseconds for one question to one PoP. */
  readonly timeoutMs: number;
  /** Milliseconds a resolver may take to notice that its upstreams are back, after those of other PoPs have. */
  readonly returnMs: number;
  record(event: AgentEvent): void;
  onChange(): void;
}

/** Rounds in a row that have to agree. */
const agreeing = 2;
/** Milliseconds between rounds once it is known. */
const settledMs = 1000;

interface Inquiry {
  /** Whether the check is down, rather than on its way there. */
  readonly isDown: boolean;
  readonly end: AbortController;
  findings: Findings;
}

export class Attributions implements AsyncDisposable {
  readonly #parts: AttributionParts;
  readonly #inquiries = new Map<string, Inquiry>();
  readonly #ended: Promise<void>[] = [];

  constructor(parts: AttributionParts) {
    this.#parts = parts;
  }

  of(check: string): Place | undefined {
    const inquiry = this.#inquiries.get(check);
    return inquiry?.isDown ? inquiry.findings.attribution : undefined;
  }

  /** Inquires into exactly these checks of class `shared`: those that are down, and others that fail and may soon be. */
  inquire(down: readonly ConfiguredCheck[], failing: readonly ConfiguredCheck[] = []): void {
    const names = new Set([...down, ...failing].map(({ name }) => name));
    for (const [name, { end }] of this.#inquiries) {
      if (names.has(name)) continue;
      end.abort(new Error('the check no longer fails'));
      this.#inquiries.delete(name);
    }
    for (const configured of down) this.#goOn(configured, true);
    for (const configured of failing) this.#goOn(configured, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.inquire([]);
    await Promise.all(this.#ended);
  }

  #goOn(configured: ConfiguredCheck, isDown: boolean): void {
    const before = this.#inquiries.get(configured.name);
    if (before?.isDown === isDown) return;
    // A round that began before the check was down does not count for where the fault is.
    before?.end.abort(new Error('the check has gone down'));
    const end = new AbortController();
    const findings = asDown(before?.findings ?? nothingFound);
    const inquiry: Inquiry = { isDown, end, findings };
    this.#inquiries.set(configured.name, inquiry);
    const done = this.#run(configured, inquiry).catch(error => {
      if (!end.signal.aborted) throw error;
    });
    this.#ended.push(done);
    void done.then(() => this.#ended.splice(this.#ended.indexOf(done), 1));
  }

  async #run(configured: ConfiguredCheck, inquiry: Inquiry): Promise<void> {
    const { clock } = this.#parts.context;
    const { signal } = inquiry.end;
    for (;;) {
      const atMs = clock.monotonicMs();
      const [own, others] = await Promise.all([
        this.#askHere(configured, signal),
        this.#askPeers(configured, signal),
      ]);
      signal.throwIfAborted();
      const before = inquiry.findings;
      const found = weigh(before, { own, others, atMs }, this.#parts.returnMs);
      inquiry.findings = found;
      if (inquiry.isDown && found.attribution !== undefined && found.attribution !== before.attribution) {
        const detail = others.map(verdict => saying(verdict)).join('; ');
        this.#parts.record({
          kind: 'attribution',
          check: configured.name,
          outcome: found.attribution,
          detail,
        });
        this.#parts.onChange();
      }
      const isSettled =
        inquiry.isDown && found.attribution !== 'unknown' && found.row?.outcome === found.attribution;
      await clock.sleep(isSettled ? settledMs : configured.config.fastInterval, signal);
    }
  }

  async #askHere({ check, config }: ConfiguredCheck, signal: AbortSignal): Promise<Verdict> {
    const probe = check.probe?.bind(check, config.options);
    if (!probe)
      return { kind: 'unknown', reason: 'this kind of check cannot be asked at a moment of our choice' };
    const { context } = this.#parts;
    // As the schedule counts: what this machine did not give our resolver is no fault of its upstreams.
    const sleep: Clock['sleep'] = (ms, bound = signal) => sleepLived(ms, context, bound);
    return await this.#inTime(
      probe,
      { kind: 'unhealthy', reason: 'timeout' },
      { ms: config.timeout, signal, clock: { ...context.clock, sleep } },
    );
  }

  async #askPeers({ check, config }: ConfiguredCheck, signal: AbortSignal): Promise<Verdict[]> {
    const { peers, timeoutMs: ms, context: own } = this.#parts;
    return await Promise.all(
      peers.map(async (peer): Promise<Verdict> => {
        const probe = check.probePeer?.bind(check, config.options, peer);
        if (!probe) return { kind: 'unknown', reason: 'this kind of check cannot be asked of another PoP' };
        return await this.#inTime(
          probe,
          { kind: 'unknown', reason: `${peer.pop}: no answer in time` },
          { ms, signal, clock: own.clock },
        );
      }),
    );
  }

  /** The verdict, or `late` when there is none in time. */
  async #inTime(
    probe: (context: CheckContext) => Promise<Verdict>,
    late: Verdict,
    { ms, signal, clock }: { readonly ms: number; readonly signal: AbortSignal; readonly clock: Clock },
  ): Promise<Verdict> {
    const { context } = this.#parts;
    try {
      return await within({ ms, clock, signals: [signal] }, async bound => {
        const over = Promise.withResolvers<Verdict>();
        bound.addEventListener('abort', () => over.resolve(late), { once: true });
        return await Promise.race([probe({ ...context, signal: bound, timeoutMs: ms }), over.promise]);
      });
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'unknown', reason: describeError(error) };
    }
  }
}

function saying(verdict: Verdict): string {
  return verdict.kind === 'healthy' ? (verdict.detail ?? 'healthy') : verdict.reason;
}
