/**
 * Whether the neighbours' best paths lead here, asked with the program that `lookingGlass` of a neighbour names: the one
 * thing about a route that neither our router nor our own answers can show.
 *
 * Asked after each change and now and then in between. Exit code 0 says yes, 1 no; anything else, and a program that
 * does not end in its time, says nothing.
 */
import type { NeighbourConfig } from '../config/anycast-config.ts';
import type { IpPrefix } from '../ip/prefix.ts';
import { Bell } from '../system/bell.ts';
import type { Clock } from '../system/clock.ts';
import { Occasion } from '../system/occasion.ts';
import type { AgentEvent } from './event-log.ts';

export type Selection = 'yes' | 'no' | 'unknown';

export interface LookingGlassParts {
  readonly neighbours: readonly NeighbourConfig[];
  /** The service's host routes. */
  readonly prefixes: readonly IpPrefix[];
  readonly clock: Clock;
  record(event: AgentEvent): void;
  /** Called after each look. */
  onLook(): void;
}

/** Milliseconds between looks when nothing has changed, and while something is changing. */
const steadyMs = 15_000;
const changingMs = 250;
/** Milliseconds for which a change is looked after. */
const changeLastsMs = 5000;
/** Milliseconds for one program. */
const timeoutMs = 3000;

type Asked = NeighbourConfig & { readonly lookingGlass: readonly string[] };

export class LookingGlass implements AsyncDisposable {
  readonly #parts: LookingGlassParts;
  readonly #asked: readonly Asked[];
  readonly #end = new AbortController();
  readonly #bell = new Bell();
  readonly #looked = new Occasion();
  readonly #running: Promise<void>;
  readonly #selections = new Map<string, Selection>();
  #changedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LookingGlassParts) {
    this.#parts = parts;
    this.#asked = parts.neighbours.flatMap(neighbour =>
      neighbour.lookingGlass ? [{ ...neighbour, lookingGlass: neighbour.lookingGlass }] : [],
    );
    this.#running = this.#run();
  }

  /** Whether each neighbour that can be asked selects the route through us. */
  selections(): ReadonlyMap<string, Selection> {
    return this.#selections;
  }

  /** What is announced has changed: look at once, and more often for a while. */
  changed(): void {
    this.#changedAtMs = this.#parts.clock.monotonicMs();
    this.#bell.ring();
  }

  /** Resolves when no neighbour that can be asked selects us any more. Throws the signal's reason. */
  async unselected(signal: AbortSignal): Promise<void> {
    if (this.#asked.length === 0) return;
    this.changed();
    do await this.#looked.next(signal);
    while ([...this.#selections.values()].includes('yes'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the agent is ending'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#end;
    if (this.#asked.length === 0) return;
    try {
      for (;;) {
        await Promise.all(this.#asked.map(async neighbour => await this.#look(neighbour)));
        this.#parts.onLook();
        this.#looked.happen();
        const isChanging = clock.monotonicMs() - this.#changedAtMs < changeLastsMs;
        await this.#bell.wait(isChanging ? changingMs : steadyMs, clock, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #look({ name, lookingGlass, sessions }: Asked): Promise<void> {
    const families = new Set(sessions.map(({ remote }) => remote.family));
    const prefixes = this.#parts.prefixes.filter(({ family }) => families.has(family));
    const seen = await Promise.all(prefixes.map(async prefix => await this.#ask(lookingGlass, prefix)));
    // One family that still leads here is enough to be selected, and one that nobody knows leaves it open.
    const selection = seen.includes('yes') ? 'yes' : seen.includes('unknown') ? 'unknown' : 'no';
    if (this.#selections.get(name) !== selection)
      this.#parts.record({ kind: 'selected', neighbour: name, selection });
    this.#selections.set(name, selection);
  }

  async #ask(program: readonly string[], prefix: IpPrefix): Promise<Selection> {
    const { signal } = this.#end;
    const [command = '', ...args] = program.map(word => word.replaceAll('{prefix}', prefix.text));
    const { run } = await import('../system/run.ts');
    const { exitCode } = await run([command, ...args], { signal, timeoutMs }).catch(() => ({ exitCode: -1 }));
    signal.throwIfAborted();
    return exitCode === 0 ? 'yes' : exitCode === 1 ? 'no' : 'unknown';
  }
}
