/**
 * The files of block lists and policy zones, in the order in which they have their say.
 *
 * Each is looked at every few seconds and read anew when it has changed, and has stayed so until the next look: one that is
 * written in place is not to be read by half. A file that cannot be used, or is gone, leaves in force what was read of it
 * before; that is logged once and counted, and `failing` says so until it is well again. At start, and where a reload
 * names other files, there is nothing before: the resolver does not start, the reload is refused.
 */
import { randomInt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { NamesConfig } from '../../../config/resolver/names.ts';
import { TextFault } from '../../../dns/text/text-fault.ts';
import type { Clock } from '../../../system/clock.ts';
import { describeError, Fault } from '../../../system/fault.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { NameCounters } from '../name-counters.ts';
import { readBlockList } from './block-list.ts';
import type { FilterZone } from './filter-zone.ts';
import { linesOf } from './line-source.ts';
import { readPolicyZone } from './policy-zone.ts';

export interface FilterFilesParts {
  readonly config: NamesConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: NameCounters;
  /** Told when other names are in force than before. */
  readonly onReplaced?: () => void;
}

/** Milliseconds between looks at the files. */
const lookMs = 2000;

interface FilterFile {
  readonly path: string;
  readonly read: (signal: AbortSignal) => Promise<FilterZone>;
  /** Of the file as it was last read, whether or not it could be used. */
  stamp: string;
  /** At the last look. */
  seen: string;
  hasFailed: boolean;
}

/** Of a file that nobody has read or looked at. */
const unread = { stamp: '', seen: '', hasFailed: false };

export class FilterFiles implements AsyncDisposable {
  readonly #parts: FilterFilesParts;
  readonly #files: readonly FilterFile[];
  readonly #closing = new AbortController();
  #zones: FilterZone[] = [];
  #watching: Promise<void> = Promise.resolve();
  /** One reading at a time, whoever wants it. */
  #reading: Promise<unknown> = Promise.resolve();

  /** @throws Fault `config-invalid` when a file cannot be used, `environment` when it cannot be read. */
  static async open(parts: FilterFilesParts): Promise<FilterFiles> {
    const files = new FilterFiles(parts);
    await files.#start();
    return files;
  }

  private constructor(parts: FilterFilesParts) {
    this.#parts = parts;
    this.#files = filesOf(parts.config);
  }

  /** The first that has something to say decides. */
  get zones(): readonly FilterZone[] {
    return this.#zones;
  }

  /** Files of which the last reading could not be used. */
  get failing(): number {
    return this.#files.filter(({ hasFailed }) => hasFailed).length;
  }

  /** Reads every file anew. Gives what is wrong with those that cannot be used: of them what was there before stays. */
  async reload(): Promise<readonly string[]> {
    return await this.#alone(() => true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#reading;
  }

  async #start(): Promise<void> {
    for (const file of this.#files) {
      try {
        this.#zones.push(await this.#read(file));
      } catch (cause) {
        const code = cause instanceof TextFault ? 'config-invalid' : 'environment';
        throw new Fault(code, `cannot use ${file.path}: ${describeError(cause)}`, {
          hint: 'what it is to block is not left out: correct the file, or take it out of resolver.names',
          cause,
        });
      }
    }
    if (this.#files.length > 0) this.#watching = this.#watch();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#parts.clock.sleep(lookMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#alone((file, stamp) => {
        const hasSettled = stamp === file.seen;
        file.seen = stamp;
        return hasSettled && stamp !== file.stamp;
      });
    }
  }

  /** Reads those files anew of which `isWanted` is true, after whoever reads now. */
  async #alone(isWanted: (file: FilterFile, stamp: string) => boolean): Promise<readonly string[]> {
    const reading = this.#reading.then(async () => {
      const complaints: string[] = [];
      for (const [index, file] of this.#files.entries()) {
        if (this.#closing.signal.aborted || !isWanted(file, await stampOf(file.path))) continue;
        const complaint = await this.#replace(index, file);
        if (complaint !== undefined) complaints.push(complaint);
      }
      return complaints;
    });
    this.#reading = reading.catch(() => undefined);
    return await reading;
  }

  async #replace(index: number, file: FilterFile): Promise<string | undefined> {
    const { log, counters } = this.#parts;
    try {
      const zone = await this.#read(file);
      this.#zones = this.#zones.with(index, zone);
      this.#parts.onReplaced?.();
      file.hasFailed = false;
      return undefined;
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      file.hasFailed = true;
      counters.files.failed += 1;
      const complaint = `${file.path}: ${describeError(error)}`;
      log.warn(
        { path: file.path, error: describeError(error) },
        'names not reloaded, those from before stay',
      );
      return complaint;
    }
  }

  async #read(file: FilterFile): Promise<FilterZone> {
    const { log, clock, counters } = this.#parts;
    const startedMs = clock.monotonicMs();
    // Before it is read: what is written meanwhile has another stamp, and is read again.
    file.stamp = await stampOf(file.path);
    const zone = await file.read(this.#closing.signal);
    counters.files.loaded += 1;
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    const { size, bytes, complaints } = zone;
    log.info({ path: file.path, triggers: size, bytes, tookMs }, 'names loaded');
    for (const complaint of complaints) log.warn({ path: file.path }, complaint);
    return zone;
  }
}

/** Block lists first: what they let pass, no policy zone refuses. */
function filesOf({ blockLists, rpz }: NamesConfig): FilterFile[] {
  const seed = randomInt(2 ** 32);
  return [
    ...blockLists.map(({ file: path, action, reason }) => ({
      path,
      read: (signal: AbortSignal) => readBlockList(linesOf(path, signal), { action, reason, seed }),
      ...unread,
    })),
    ...rpz.map(({ file: path, zone, reason }) => ({
      path,
      read: (signal: AbortSignal) => readPolicyZone(linesOf(path, signal), { zone, reason, seed }),
      ...unread,
    })),
  ];
}

/** Changes when the file is written or replaced; a file that is gone has one too, so that it is complained of once. */
async function stampOf(path: string): Promise<string> {
  return await stat(path).then(
    ({ mtimeMs, ino, size }) => `${mtimeMs} ${ino} ${size}`,
    () => 'gone',
  );
}
