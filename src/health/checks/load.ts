/**
 * Reads the load figures in the resolver's heartbeats, and says each `window` whether they are above the limits.
 *
 * Overload is no sickness: a PoP that withdraws for it hands its load to the next one. So the class `overload` keeps the
 * route by default, and the verdicts are slow, one a window.
 *
 * The trap: whose clock. When this process is late, heartbeats wait and arrive in a bunch, and rates by our own clock
 * would be many times too high; they are taken by the time that the heartbeats carry. Silence says nothing here: whether
 * the resolver lives is the liveness check's to judge.
 */
import { z } from 'zod';
import { durationMs } from '../../config/keys.ts';
import { Bell } from '../../system/bell.ts';
import { connectControl } from '../../system/control-socket.ts';
import { describeError } from '../../system/fault.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';

const rate = z.number().min(0).optional();

const options = z
  .strictObject({
    /** The longest that the event loop may be late; a stall shows by up to a heartbeat (50 ms) less than it was. */
    maxLag: durationMs.optional(),
    /** Queries that the kernel dropped because the resolver did not fetch them in time. */
    maxDropsPerSecond: rate,
    /** Queries answered SERVFAIL because too many were under way. */
    maxShedPerSecond: rate,
    window: durationMs
      .refine(
        ms => ms >= 250 && ms <= 60_000,
        'a window is 250ms to 60s: drops are counted four times a second',
      )
      .prefault('1s'),
  })
  .refine(
    ({ maxLag, maxDropsPerSecond, maxShedPerSecond }) =>
      [maxLag, maxDropsPerSecond, maxShedPerSecond].some(limit => limit !== undefined),
    'name at least one limit: maxLag, maxDropsPerSecond or maxShedPerSecond',
  );

export type LoadCheckOptions = z.output<typeof options>;

/** What the check reads of a heartbeat; `resolver/control.ts` writes it. */
const heartbeatSchema = z.object({
  /** Milliseconds of the resolver's monotonic clock. */
  atMs: z.number(),
  /** How late the event loop sent it. */
  lagMs: z.number(),
  /** Since the resolver started. */
  receiveDrops: z.number(),
  shed: z.number(),
});

type Beat = z.output<typeof heartbeatSchema>;

export const loadCheck = defineHealthCheck<LoadCheckOptions>({
  kind: 'load',
  faultClass: 'overload',
  options,
  watch: (limits, context) => watchLoad(limits, context),
});

async function* watchLoad(limits: LoadCheckOptions, context: CheckContext): AsyncGenerator<Verdict> {
  const { clock, signal, runDirectory } = context;
  while (!signal.aborted) {
    try {
      yield* listen(`${runDirectory}/resolver.sock`, limits, context);
    } catch (error) {
      if (signal.aborted) return;
      yield { kind: 'unknown', reason: describeError(error) };
    }
    await clock.sleep(limits.window, signal);
  }
}

/** The verdicts of one connection. */
async function* listen(
  path: string,
  limits: LoadCheckOptions,
  { clock, signal }: CheckContext,
): AsyncGenerator<Verdict> {
  const bell = new Bell();
  const windows = new Windows(limits.window);
  let isOver = false;
  await using client = await connectControl(path, (name, data) => {
    if (name === 'heartbeat' && windows.add(data)) bell.ring();
  });
  client.closed.then(() => {
    isOver = true;
    bell.ring();
  });
  while (!isOver) {
    // Twice the window: a heartbeat that ends one is up to a heartbeat late.
    const rung = await bell.wait(2 * limits.window, clock, signal);
    for (const verdict of windows.take().map(window => judge(window, limits))) yield verdict;
    if (!rung) yield { kind: 'unknown', reason: windows.complaint };
  }
  yield { kind: 'unknown', reason: 'the resolver closed its control socket' };
}

/** What happened between two heartbeats that are a window apart. */
interface LoadWindow {
  readonly lagMs: number;
  readonly dropsPerSecond: number;
  readonly shedPerSecond: number;
}

/** Cuts a row of heartbeats into windows by the time that they carry. */
class Windows {
  readonly #windowMs: number;
  #first: Beat | undefined;
  #lagMs = 0;
  #done: LoadWindow[] = [];
  complaint = 'no heartbeat of the resolver';

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether a window ended with it. */
  add(heartbeat: unknown): boolean {
    const { data: beat } = heartbeatSchema.safeParse(heartbeat);
    if (!beat) {
      this.complaint = "the resolver's heartbeats tell nothing of its load: is it of the same version?";
      return false;
    }
    this.#lagMs = Math.max(this.#lagMs, beat.lagMs);
    const first = this.#first;
    if (!first) {
      // What it carries happened before the window.
      this.#lagMs = 0;
      this.#first = beat;
      return false;
    }
    const spanMs = beat.atMs - first.atMs;
    if (spanMs < this.#windowMs) return false;
    const perSecond = (count: number): number => (count * 1000) / spanMs;
    this.#done.push({
      lagMs: this.#lagMs,
      dropsPerSecond: perSecond(beat.receiveDrops - first.receiveDrops),
      shedPerSecond: perSecond(beat.shed - first.shed),
    });
    this.#first = beat;
    this.#lagMs = 0;
    return true;
  }

  /** The windows that have ended and were not taken yet. */
  take(): readonly LoadWindow[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }
}

function judge({ lagMs, dropsPerSecond, shedPerSecond }: LoadWindow, limits: LoadCheckOptions): Verdict {
  const lag = `event loop ${lagMs.toFixed(0)} ms late`;
  const drops = `${dropsPerSecond.toFixed(1)} queries a second dropped`;
  const shed = `${shedPerSecond.toFixed(1)} a second shed`;
  const above = [
    ...complaint(lag, lagMs, limits.maxLag),
    ...complaint(drops, dropsPerSecond, limits.maxDropsPerSecond),
    ...complaint(shed, shedPerSecond, limits.maxShedPerSecond),
  ];
  if (above.length > 0) return { kind: 'unhealthy', reason: above.join('; ') };
  return { kind: 'healthy', detail: [lag, drops, shed].join(', ') };
}

function complaint(what: string, is: number, limit: number | undefined): string[] {
  return limit !== undefined && is > limit ? [`${what}, more than ${limit}`] : [];
}
