/**
 * Where a fault of something shared is. While such a check is down, this PoP and all others are asked the same question at
 * the same moment: another one that can answer it while this one cannot shows that the fault is ours; if none can, it is
 * everywhere.
 *
 * An attribution counts when two rounds in a row agree. So a dependency which comes back just now, seen there first and
 * here a probe later, does not look like one that was never gone. Where it was everywhere before, one that is here alone is
 * most likely on its way back, and others have noticed sooner: it counts when it has lasted. "Could not ask" moves nothing, as with any verdict: what was found before stays, and a
 * network between PoPs that is cut leaves a fault unattributed, which keeps the routes.
 */
import type { CheckContext, PeerTarget, Verdict } from '../../health/health-check.ts';
import { describeError } from '../../system/fault.ts';
import { within } from '../../system/within.ts';
import type { ConfiguredCheck } from '../check-watch.ts';
import type { Attribution } from '../decide.ts';
import type { AgentEvent } from '../event-log.ts';

/** What the verdicts of one moment say, this PoP's own and the others'. Pure. */
export function attribute(own: Verdict, verdicts: readonly Verdict[]): Attribution {
  // Not broken here at this moment: nothing to attribute, and the check will be up soon.
  if (own.kind !== 'unhealthy') return 'unknown';
  if (verdicts.some(({ kind }) => kind === 'healthy')) return 'here';
  return verdicts.some(({ kind }) => kind === 'unhealthy') ? 'everywhere' : 'unknown';
}

export interface AttributionParts {
  readonly peers: readonly PeerTarget[];
  readonly context: Omit<CheckContext, 'signal' | 'timeoutMs'>;
  /** Milliseconds for one question to one PoP. */
  readonly timeoutMs: number;
  record(event: AgentEvent): void;
  onChange(): void;
}

/** Rounds in a row that have to agree. */
const agreeing = 2;
/**
 * Milliseconds that a fault which was everywhere must have been here alone to count as ours: some times as long as a
 * resolver takes between two looks whether a silent server is back.
 */
const recoveryMs = 3000;
/** Milliseconds between rounds once it is known. */
const settledMs = 1000;

/** Rounds in a row that agree. */
interface Row {
  readonly outcome: Attribution;
  readonly length: number;
  readonly sinceMs: number;
}

function counts({ outcome, length, sinceMs }: Row, before: Attribution | undefined, nowMs: number): boolean {
  if (outcome === 'here' && before === 'everywhere' && nowMs - sinceMs < recoveryMs) return false;
  return length >= agreeing;
}

interface Inquiry {
  readonly end: AbortController;
  readonly done: Promise<void>;
  attribution: Attribution | undefined;
}

export class Attributions implements AsyncDisposable {
  readonly #parts: AttributionParts;
  readonly #inquiries = new Map<string, Inquiry>();
  readonly #ended: Promise<void>[] = [];

  constructor(parts: AttributionParts) {
    this.#parts = parts;
  }

  of(check: string): Attribution | undefined {
    return this.#inquiries.get(check)?.attribution;
  }

  /** Inquires into exactly these checks: those of class `shared` that are down. */
  inquire(down: readonly ConfiguredCheck[]): void {
    const names = new Set(down.map(({ name }) => name));
    for (const [name, { end }] of this.#inquiries) {
      if (names.has(name)) continue;
      end.abort(new Error('the check is no longer down'));
      this.#inquiries.delete(name);
    }
    for (const configured of down) if (!this.#inquiries.has(configured.name)) this.#begin(configured);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.inquire([]);
    await Promise.all(this.#ended);
  }

  #begin(configured: ConfiguredCheck): void {
    const end = new AbortController();
    const inquiry: Inquiry = { end, attribution: undefined, done: Promise.resolve() };
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
    let row: Row | undefined;
    for (;;) {
      const [own, verdicts] = await Promise.all([
        this.#askHere(configured, signal),
        this.#askPeers(configured, signal),
      ]);
      signal.throwIfAborted();
      const outcome = attribute(own, verdicts);
      row =
        row?.outcome === outcome
          ? { ...row, length: row.length + 1 }
          : { outcome, length: 1, sinceMs: clock.monotonicMs() };
      const isKnown = outcome !== 'unknown' && counts(row, inquiry.attribution, clock.monotonicMs());
      const found = isKnown
        ? outcome
        : (inquiry.attribution ?? (outcome === 'unknown' ? 'unknown' : undefined));
      if (found !== inquiry.attribution && found !== undefined) {
        inquiry.attribution = found;
        const detail = verdicts.map(verdict => saying(verdict)).join('; ');
        this.#parts.record({ kind: 'attribution', check: configured.name, outcome: found, detail });
        this.#parts.onChange();
      }
      await clock.sleep(isKnown ? settledMs : configured.config.fastInterval, signal);
    }
  }

  async #askHere({ check, config }: ConfiguredCheck, signal: AbortSignal): Promise<Verdict> {
    const probe = check.probe?.bind(check, config.options);
    if (!probe)
      return { kind: 'unknown', reason: 'this kind of check cannot be asked at a moment of our choice' };
    return await this.#inTime(
      probe,
      { kind: 'unhealthy', reason: 'timeout' },
      { ms: config.timeout, signal },
    );
  }

  async #askPeers({ check, config }: ConfiguredCheck, signal: AbortSignal): Promise<Verdict[]> {
    const { peers, timeoutMs: ms } = this.#parts;
    return await Promise.all(
      peers.map(async (peer): Promise<Verdict> => {
        const probe = check.probePeer?.bind(check, config.options, peer);
        if (!probe) return { kind: 'unknown', reason: 'this kind of check cannot be asked of another PoP' };
        return await this.#inTime(
          probe,
          { kind: 'unknown', reason: `${peer.pop}: no answer in time` },
          { ms, signal },
        );
      }),
    );
  }

  /** The verdict, or `late` when there is none in time. */
  async #inTime(
    probe: (context: CheckContext) => Promise<Verdict>,
    late: Verdict,
    { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<Verdict> {
    const { context } = this.#parts;
    try {
      return await within({ ms, clock: context.clock, signals: [signal] }, async bound => {
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
