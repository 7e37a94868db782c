/**
 * Takes frames from the query path and writes them out when the event loop has time, without ever waiting.
 *
 * What the output has not taken yet waits here, up to `bufferOctets`; a frame beyond that is thrown away and counted, as
 * is what an output that fails has not written. While there is no output it is tried again, at growing intervals.
 */

import { Bell } from '../../system/bell.ts';
import type { Clock } from '../../system/clock.ts';
import { describeError } from '../../system/fault.ts';
import type { Log } from '../../telemetry/log.ts';
import type { DnstapCounters } from '../counters.ts';
import type { Output } from './outputs.ts';

export interface FrameSinkOptions {
  readonly open: (signal: AbortSignal) => Promise<Output>;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: DnstapCounters;
}

/** Some 10 000 messages: a tenth of a second and more of all that one process can answer. */
const bufferOctets = 2 * 1024 * 1024;

/** Milliseconds until a reader that is gone is looked for again, doubled each time. */
const retryMs = 250;
const longestRetryMs = 10_000;

export class FrameSink implements AsyncDisposable {
  readonly #options: FrameSinkOptions;
  readonly #over = new AbortController();
  readonly #bell = new Bell();
  readonly #running: Promise<void>;
  #waiting: Buffer[] = [];
  #octets = 0;
  #output: Output | undefined;
  #isScheduled = false;
  #complaint: string | undefined;

  constructor(options: FrameSinkOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  push(frame: Buffer): void {
    const buffered = this.#output?.stream.writableLength ?? 0;
    if (this.#octets + buffered + frame.length > bufferOctets || this.#over.signal.aborted) {
      this.#options.counters.dropped += 1;
      return;
    }
    this.#waiting.push(frame);
    this.#octets += frame.length;
    this.#schedule();
  }

  /** Opens the output again where it is no longer what its path names. */
  reopen(): void {
    const output = this.#output;
    if (!output) this.#bell.ring();
    else void output.isInPlace().then(isInPlace => (isInPlace ? undefined : this.#leave(output)));
  }

  /** Writes out what waits; bounded. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    this.#over.abort();
    if (this.#output) await this.#leave(this.#output);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, counters, log, open } = this.#options;
    const { signal } = this.#over;
    for (let waitMs = retryMs; !signal.aborted; ) {
      const output = await open(signal).catch(error => this.#complain(describeError(error)));
      if (output && signal.aborted) await output.end();
      else if (output) {
        counters.connects += 1;
        waitMs = retryMs;
        this.#complaint = undefined;
        log.info('dnstap output open');
        this.#output = output;
        output.stream.on('drain', () => this.#flush());
        this.#flush();
        const reason = await output.closed;
        if (this.#output === output) {
          this.#output = undefined;
          this.#complain(reason ? describeError(reason) : 'closed by the reader');
        } else continue;
      }
      await this.#bell.wait(waitMs, clock, signal).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, longestRetryMs);
    }
    counters.dropped += this.#waiting.length;
    this.#waiting = [];
  }

  /** Ends this output in good order; `#run` opens the next at once. */
  async #leave(output: Output): Promise<void> {
    if (this.#output === output) this.#output = undefined;
    await output.end();
  }

  #complain(detail: string): undefined {
    if (detail !== this.#complaint) this.#options.log.warn({ detail }, 'dnstap output lost');
    this.#complaint = detail;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After the queries of this turn: one write for all of them.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { counters } = this.#options;
    const stream = this.#output?.stream;
    if (!stream || this.#waiting.length === 0 || stream.writableNeedDrain || stream.destroyed) return;
    const frames = this.#waiting;
    this.#waiting = [];
    this.#octets = 0;
    stream.write(Buffer.concat(frames), error => {
      counters[error ? 'dropped' : 'written'] += frames.length;
    });
  }
}
