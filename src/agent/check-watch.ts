/** Runs the configured checks side by side and keeps the state that hysteresis makes of their verdicts. */
import type { CheckConfig } from '../config/anycast-config.ts';
import type { CheckContext, FaultClass, HealthCheck, Verdict } from '../health/health-check.ts';
import {
  type CheckState,
  type Hysteresis,
  isChanging,
  pendingHysteresis,
  step,
} from '../health/hysteresis.ts';
import { type TimedVerdict, verdicts } from '../health/schedule.ts';
import type { AgentEvent } from './event-log.ts';

export interface ConfiguredCheck {
  /** The check's key in anycast.yaml. */
  readonly name: string;
  readonly check: HealthCheck;
  readonly config: CheckConfig;
}

export interface CheckStatus {
  readonly name: string;
  readonly kind: string;
  readonly faultClass: FaultClass;
  readonly state: CheckState;
  /** What the last verdict said; while down, why it is down. */
  readonly detail: string;
  /** When `state` was entered, milliseconds since 1970. */
  readonly sinceMs: number;
  /** It is down, or its last verdict was unhealthy. */
  readonly isFailing: boolean;
  readonly paused: boolean;
}

export interface CheckWatchParts {
  readonly checks: readonly ConfiguredCheck[];
  readonly context: Omit<CheckContext, 'signal' | 'timeoutMs'>;
  /** In [0, 1). */
  readonly random: () => number;
  record(event: AgentEvent): void;
  /** Called at once when a state changes, or whether the check fails. */
  onChange(): void;
  /** Called for every verdict. */
  onVerdict(name: string, verdict: TimedVerdict): void;
}

interface Watched {
  readonly configured: ConfiguredCheck;
  hysteresis: Hysteresis;
  last: Verdict | undefined;
  /** What the last unhealthy verdict said. */
  complaint: string;
  sinceMs: number;
  run: { readonly end: AbortController; readonly done: Promise<void> } | undefined;
}

export class CheckWatch implements AsyncDisposable {
  readonly #parts: CheckWatchParts;
  readonly #watched: readonly Watched[];

  constructor(parts: CheckWatchParts) {
    this.#parts = parts;
    const sinceMs = parts.context.clock.wallMs();
    this.#watched = parts.checks.map(configured => ({
      configured,
      hysteresis: pendingHysteresis,
      last: undefined,
      complaint: '',
      sinceMs,
      run: undefined,
    }));
  }

  /** Starts the checks that watch something of their own accord. */
  startWatches(): void {
    this.#start(this.#watched.filter(isWatch));
  }

  /** Starts the checks that probe the service address; those that were paused begin again as pending. */
  startProbes(): void {
    this.#start(this.#watched.filter(watched => !isWatch(watched)));
  }

  /** What was found so far has gone stale: every check that runs begins again as pending. */
  startOver(): void {
    for (const watched of this.#watched.filter(each => each.run !== undefined)) {
      const from = watched.hysteresis.state;
      const before = stop([watched]);
      watched.hysteresis = pendingHysteresis;
      watched.last = undefined;
      const end = new AbortController();
      const done = before.then(async () => await this.#run(watched, end.signal));
      watched.run = { end, done };
      if (from !== 'pending') this.#changed(watched, from, 'what it found before has gone stale');
    }
  }

  #start(all: readonly Watched[]): void {
    for (const watched of all) {
      if (watched.run) continue;
      const end = new AbortController();
      watched.run = { end, done: this.#run(watched, end.signal) };
    }
  }

  /** Stops the checks that probe the service address, and forgets what they found. */
  async pauseProbes(): Promise<void> {
    const probes = this.#watched.filter(watched => !isWatch(watched));
    await stop(probes);
    for (const watched of probes) {
      const from = watched.hysteresis.state;
      watched.hysteresis = pendingHysteresis;
      watched.last = undefined;
      if (from !== 'pending') this.#changed(watched, from, 'paused');
    }
  }

  states(): readonly CheckStatus[] {
    return this.#watched.map(({ configured: { name, check, config }, hysteresis, ...watched }) => ({
      name,
      kind: config.kind,
      faultClass: config.class ?? check.faultClass,
      state: hysteresis.state,
      detail: hysteresis.state === 'down' ? watched.complaint : detailOf(watched.last),
      sinceMs: watched.sinceMs,
      isFailing: isFailing(hysteresis),
      paused: watched.run === undefined,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#watched);
  }

  async #run(watched: Watched, signal: AbortSignal): Promise<void> {
    const { check, config } = watched.configured;
    const { context, random } = this.#parts;
    const stream = verdicts({
      check,
      options: config.options,
      interval: config.interval,
      fastInterval: config.fastInterval,
      timeout: config.timeout,
      context: { ...context, signal },
      isChanging: () => isChanging(watched.hysteresis),
      random,
    });
    for await (const timed of stream) if (!signal.aborted) this.#take(watched, timed);
  }

  #take(watched: Watched, timed: TimedVerdict): void {
    const { name, config } = watched.configured;
    const { verdict } = timed;
    const wasUnknown = watched.last?.kind === 'unknown';
    watched.last = verdict;
    if (verdict.kind === 'unhealthy') watched.complaint = verdict.reason;
    const before = watched.hysteresis;
    watched.hysteresis = step(before, verdict, config);
    if (watched.hysteresis.state !== before.state) this.#changed(watched, before.state, detailOf(verdict));
    else if (verdict.kind === 'unknown' && !wasUnknown)
      this.#parts.record({ kind: 'check-unknown', check: name, detail: verdict.reason });
    else if (isFailing(watched.hysteresis) !== isFailing(before)) this.#parts.onChange();
    this.#parts.onVerdict(name, timed);
  }

  #changed(watched: Watched, from: CheckState, detail: string): void {
    const { context, record, onChange } = this.#parts;
    watched.sinceMs = context.clock.wallMs();
    const check = watched.configured.name;
    record({ kind: 'check-state', check, from, to: watched.hysteresis.state, detail });
    onChange();
  }
}

function isFailing({ state, row }: Hysteresis): boolean {
  return state === 'down' || row?.kind === 'unhealthy';
}

function isWatch({ configured }: Watched): boolean {
  return configured.check.watch !== undefined;
}

async function stop(all: readonly Watched[]): Promise<void> {
  const running = all.flatMap(watched => (watched.run ? [watched.run] : []));
  for (const watched of all) watched.run = undefined;
  for (const { end } of running) end.abort(new Error('the check is stopped'));
  await Promise.all(running.map(({ done }) => done));
}

function detailOf(verdict: Verdict | undefined): string {
  switch (verdict?.kind) {
    case undefined:
      return 'no verdict yet';
    case 'healthy':
      return verdict.detail ?? 'healthy';
    case 'unhealthy':
      return verdict.reason;
    case 'unknown':
      return `could not ask: ${verdict.reason}`;
    default:
      return verdict satisfies never;
  }
}
