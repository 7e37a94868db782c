/**
 * Taking over a changed configuration while queries go on.
 *
 * The file is read and checked whole; then a generation is made of it, and only then one reference is swapped. Whatever is
 * wrong before that refuses the reload, with the words that a start would be refused with, and changes nothing. One reload
 * is under way at a time; a second one waits and reads the file anew.
 *
 * It is also the moment at which files are opened again: block lists, policy zones and cookie secrets are read anew, and
 * dnstap's file is made anew where it was moved away.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Clock } from '../../system/clock.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Told } from '../told.ts';
import { type ReloadReport, reloadText } from './reload-text.ts';
import { changedKeys, withoutRestart } from './restart-keys.ts';

/** One reading of the configuration file. */
export interface ConfigVersion {
  readonly slice: PopSlice;
  /** Of the text of the file: the same on every PoP that has the same file. */
  readonly hash: string;
}

export interface ConfigurationStatus {
  /** Of the configuration in force; null when it did not come from a file. */
  readonly hash: string | null;
  /** ISO 8601. */
  readonly loadedAt: string;
  readonly needsRestart: readonly string[];
  readonly lastReload: {
    readonly at: string;
    readonly result: 'done' | 'refused';
    readonly detail: string;
  } | null;
}

export interface ReloadOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** As at the start. */
  readonly slice: PopSlice;
  readonly hash?: string | undefined;
  /** Reads and checks the file. Absent: there is none to read again. */
  readonly read?: (() => Promise<ConfigVersion>) | undefined;
  /** Puts a configuration in force, whole or not at all. Gives the zones that were flushed. */
  readonly take: (slice: PopSlice) => Promise<readonly string[]>;
}

export class Reload {
  readonly #options: ReloadOptions;
  readonly #counts = { done: 0, refused: 0 };
  #slice: PopSlice;
  #hash: string | null;
  #loadedMs: number;
  #needsRestart: readonly string[] = [];
  #last: ConfigurationStatus['lastReload'] = null;
  #under: Promise<unknown> = Promise.resolve();

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#slice = options.slice;
    this.#hash = options.hash ?? null;
    this.#loadedMs = options.clock.wallMs();
  }

  get status(): ConfigurationStatus {
    return {
      hash: this.#hash,
      loadedAt: isoTime(this.#loadedMs),
      needsRestart: this.#needsRestart,
      lastReload: this.#last,
    };
  }

  /** @throws Fault `config-invalid` (or what else speaks against the file); nothing has changed then. */
  async run(): Promise<ReloadReport> {
    const before = this.#under;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#under = promise;
    await before;
    try {
      return await this.#run();
    } finally {
      resolve();
    }
  }

  async #run(): Promise<ReloadReport> {
    const { log } = this.#options;
    try {
      const report = await this.#takeOver();
      this.#counts.done += 1;
      this.#remember('done', reloadText(report).join('; '));
      log.info(report, 'configuration reloaded');
      return report;
    } catch (error) {
      this.#counts.refused += 1;
      this.#remember('refused', describeError(error));
      log.error({ error: describeError(error) }, 'configuration refused; the one before stays in force');
      throw error;
    }
  }

  async #takeOver(): Promise<ReloadReport> {
    const { read, take, slice: started, clock } = this.#options;
    if (!read)
      throw new Fault('refused', 'this resolver was not given a configuration file', {
        hint: 'start it with anycast resolver --config FILE',
      });
    const { slice: written, hash } = await read().catch(error => {
      throw asConfigFault(error);
    });
    const { slice, needsRestart } = withoutRestart(written, started);
    const changed = changedKeys(this.#slice, slice);
    const flushedZones = await take(slice);
    this.#slice = slice;
    this.#hash = hash;
    this.#loadedMs = clock.wallMs();
    this.#needsRestart = needsRestart;
    return { hash, changed, needsRestart, flushedZones };
  }

  #remember(result: 'done' | 'refused', detail: string): void {
    this.#last = { at: isoTime(this.#options.clock.wallMs()), result, detail };
  }

  get told(): Told[] {
    return [
      {
        kind: 'counter',
        name: 'anycast_resolver_reloads_total',
        help: 'Reloads of the configuration, by whether it was taken over',
        labels: ['result'],
        read: () => Object.entries(this.#counts),
      },
      {
        kind: 'gauge',
        name: 'anycast_resolver_config_loaded_timestamp_seconds',
        help: 'When the configuration in force was read, Unix time',
        read: () => this.#loadedMs / 1000,
      },
      {
        kind: 'gauge',
        name: 'anycast_resolver_config_restart_needed',
        help: 'Keys of the configuration file whose values wait for a restart',
        read: () => this.#needsRestart.length,
      },
    ];
  }
}

/** A PoP that is no longer in the file is a fault of the file, whoever named the PoP. */
function asConfigFault(error: unknown): unknown {
  if (!(error instanceof Fault) || error.code !== 'usage') return error;
  const { message, hint } = error;
  return new Fault('config-invalid', message, { ...(hint !== undefined && { hint }), cause: error });
}

function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
