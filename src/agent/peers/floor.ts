/**
 * The floor: no PoP leaves for a soft fault, or for a drain, unless enough others are known to announce and to stay.
 *
 * There is no vote and no leader: each PoP raises a flag and then looks, as in Dekker's algorithm.
 *
 *   1. `asking` is shown on this PoP's own `/status`;
 *   2. only then every other PoP is asked for its standing;
 *   3. enough that are `in`: this PoP is `out` from that moment, and withdraws;
 *      otherwise it takes the flag down and stays, and asks again after a while.
 *
 * Whoever leaves after us has to raise its own flag first, and then sees ours and does not count us; so the last PoP to
 * raise its flag counts only PoPs that stay. Two that ask at once would both stay: the one that stands first in anycast.yaml
 * waits, the other gives way, and the first then counts it. A PoP that cannot be reached counts as gone. What crosses the
 * floor all the same is a local-hard fault, which asks nobody: a dead resolver that is announced helps no one.
 */
import type { PeerTarget } from '../../health/health-check.ts';
import type { Clock } from '../../system/clock.ts';
import { isTrueWithin } from '../../system/within.ts';
import type { FloorAnswer } from '../decide.ts';
import type { AgentEvent } from '../event-log.ts';
import type { PeerReports, Standing } from './peer-report.ts';

/** What one look at the others amounts to: `wait` for one that asks as well and will give way. */
export type Judgement = 'granted' | 'wait' | 'refused';

export interface FloorQuestion {
  /** How many others must stay. */
  readonly minimum: number;
  /** Others that stand before this PoP in anycast.yaml. */
  readonly first: ReadonlySet<string>;
  /** By PoP; undefined when it could not be asked. */
  readonly standings: ReadonlyMap<string, Standing | undefined>;
}

/** Pure. `standings` must have been read after this PoP's own flag went up. */
export function judge({ minimum, first, standings }: FloorQuestion): Judgement {
  const all = [...standings];
  const staying = all.filter(([, standing]) => standing === 'in').length;
  if (staying >= minimum) return 'granted';
  const asking = all.filter(([, standing]) => standing === 'asking').map(([pop]) => pop);
  if (asking.some(pop => first.has(pop))) return 'refused';
  return staying + asking.length >= minimum ? 'wait' : 'refused';
}

export interface FloorParts {
  readonly minimum: number;
  readonly peers: readonly PeerTarget[];
  readonly first: ReadonlySet<string>;
  readonly reports: PeerReports;
  readonly clock: Clock;
  /** Milliseconds for one question. */
  readonly timeoutMs: number;
  record(event: AgentEvent): void;
  /** Called when `answer` changes. */
  onChange(): void;
}

/** Milliseconds between looks at one that asks as well. */
const waitStepMs = 20;
/** Milliseconds until a refused PoP asks again: soon after others are back, it may leave. */
const askAgainMs = 500;

export class Floor implements AsyncDisposable {
  readonly #parts: FloorParts;
  readonly #end = new AbortController();
  /** Questions under way. */
  #asking = 0;
  /** For what leave was given and not given back. */
  readonly #leaves = new Set<'fault' | 'drain'>();
  #answer: FloorAnswer = 'asking';
  #wanting: { readonly end: AbortController; readonly done: Promise<void> } | undefined;

  constructor(parts: FloorParts) {
    this.#parts = parts;
  }

  answer(): FloorAnswer {
    return this.#parts.minimum === 0 ? 'granted' : this.#answer;
  }

  /** What others may be told, given whether this PoP is seen to announce what it should. */
  standing(announces: boolean): Standing {
    if (this.#asking > 0) return 'asking';
    return announces && this.#leaves.size === 0 ? 'in' : 'out';
  }

  /** Begins to ask for a fault's sake, and asks until leave is given; or takes everything back. */
  want(wanted: boolean): void {
    if (wanted === (this.#wanting !== undefined) || this.#parts.minimum === 0) return;
    if (wanted) {
      const end = new AbortController();
      this.#wanting = { end, done: this.#askUntilGranted(AbortSignal.any([end.signal, this.#end.signal])) };
      return;
    }
    this.#wanting?.end.abort(new Error('nobody wants to leave any more'));
    this.#wanting = undefined;
    this.#leaves.delete('fault');
    this.#answer = 'asking';
  }

  /** Asks once, for a drain. When leave is given this PoP counts as gone until `giveBack`. Throws the signal's reason. */
  async request(signal: AbortSignal): Promise<boolean> {
    if (this.#parts.minimum === 0) return true;
    return (await this.#ask('drain', AbortSignal.any([signal, this.#end.signal]))) === 'granted';
  }

  /** The drain is over: this PoP may be counted on again once it announces. */
  giveBack(): void {
    this.#leaves.delete('drain');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the agent is ending'));
    await this.#wanting?.done;
  }

  async #askUntilGranted(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const outcome = await this.#ask('fault', signal);
        this.#tell(outcome);
        if (outcome === 'granted') return;
        await this.#parts.clock.sleep(askAgainMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #ask(what: 'fault' | 'drain', signal: AbortSignal): Promise<'granted' | 'refused'> {
    const { minimum, first, clock, timeoutMs } = this.#parts;
    this.#asking += 1;
    try {
      const deadline = clock.monotonicMs() + 2 * timeoutMs;
      for (;;) {
        const judgement = judge({ minimum, first, standings: await this.#look(signal) });
        signal.throwIfAborted();
        if (judgement === 'granted') {
          // No moment in between at which the flag is down and this PoP looks as if it stayed.
          this.#leaves.add(what);
          return 'granted';
        }
        if (judgement === 'refused' || clock.monotonicMs() > deadline) return 'refused';
        await clock.sleep(waitStepMs, signal);
      }
    } finally {
      this.#asking -= 1;
    }
  }

  /** The standings of all others. Does not wait for the silent ones when enough have answered. */
  async #look(signal: AbortSignal): Promise<ReadonlyMap<string, Standing | undefined>> {
    const { peers, reports, clock, timeoutMs, minimum } = this.#parts;
    const standings = new Map<string, Standing | undefined>(peers.map(({ pop }) => [pop, undefined]));
    const isEnough = (): boolean => [...standings.values()].filter(each => each === 'in').length >= minimum;
    const enough = Promise.withResolvers<void>();
    await isTrueWithin({ ms: timeoutMs, clock, signals: [signal] }, async bound => {
      const asked = peers.map(async peer => {
        standings.set(peer.pop, (await reports.ask(peer, bound))?.standing);
        if (isEnough()) enough.resolve();
      });
      await Promise.race([Promise.all(asked), enough.promise]);
    });
    return standings;
  }

  #tell(answer: 'granted' | 'refused'): void {
    if (this.#answer === answer) return;
    this.#answer = answer;
    this.#parts.record({ kind: 'floor', outcome: answer, minimum: this.#parts.minimum });
    this.#parts.onChange();
  }
}
