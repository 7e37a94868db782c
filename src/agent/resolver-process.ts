/** Which process the resolver is, by its heartbeats, and how long it has been pressed for processor time so far. */
import type { Clock } from '../system/clock.ts';
import { connectControl } from '../system/control-socket.ts';
import { ended } from '../system/ended.ts';
import { lookAtProcessor, ProcessorPressure } from '../system/processor-pressure.ts';

/** Milliseconds between attempts to connect; until one succeeds the resolver is owed nothing. */
const reconnectMs = 250;

export class ResolverProcess implements AsyncDisposable {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #process: { readonly pid: number; readonly pressure: ProcessorPressure } | undefined;

  constructor(runDirectory: string, clock: Clock) {
    this.#path = `${runDirectory}/resolver.sock`;
    this.#clock = clock;
    this.#running = this.#run();
  }

  /** Milliseconds; starts again from elsewhere when the resolver is another process. */
  pressedMs(): number {
    return this.#process?.pressure.pressedMs() ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(ended);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      // Whether it is there is for the checks to say.
      await this.#listen(signal).catch(() => undefined);
      this.#process = undefined;
      await this.#clock.sleep(reconnectMs, signal).catch(() => undefined);
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    await using client = await connectControl(this.#path, (name, data) => {
      if (name === 'heartbeat') this.#take((data as { readonly pid?: unknown } | null)?.pid);
    });
    const aborted = Promise.withResolvers<void>();
    const stop = (): void => aborted.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race([client.closed, aborted.promise]);
    signal.removeEventListener('abort', stop);
  }

  #take(pid: unknown): void {
    // Our own number is the resolver's in another pid namespace: nothing here shows that process.
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || pid === process.pid) return;
    if (this.#process?.pid === pid) return;
    this.#process = { pid, pressure: new ProcessorPressure(() => lookAtProcessor(pid), this.#clock) };
  }
}
