/**
 * What happened, in order: a ring of the last events, each with wall and monotonic time, logged as it is recorded.
 * `anycast explain` shows it; drills subtract its monotonic times from a prober's.
 */
import type { CheckState } from '../health/hysteresis.ts';
import type { Session } from '../routing/route-driver.ts';
import type { Clock } from '../system/clock.ts';
import type { FaultCode } from '../system/fault.ts';
import type { Place, ReasonKind } from './decide.ts';
import type { DrainPhase } from './drain.ts';
import type { LeaseEvent } from './lease/lease-event.ts';
import type { Standing } from './peers/peer-report.ts';

export type AgentEvent =
  | { readonly kind: 'started'; readonly intent: string; readonly driver: string }
  | {
      readonly kind: 'check-state';
      readonly check: string;
      readonly from: CheckState;
      readonly to: CheckState;
      readonly detail: string;
    }
  /** The check could not ask; its state stays. */
  | { readonly kind: 'check-unknown'; readonly check: string; readonly detail: string }
  | { readonly kind: 'service-state'; readonly from: CheckState; readonly to: CheckState }
  | {
      readonly kind: 'decision';
      readonly reason: ReasonKind;
      readonly announced: readonly string[];
      readonly detail: string;
    }
  | { readonly kind: 'applied'; readonly announced: readonly string[]; readonly tookMs: number }
  | {
      readonly kind: 'apply-failed';
      readonly code: FaultCode | 'unexpected';
      readonly attempt: number;
      readonly retryMs: number;
      readonly detail: string;
    }
  /** What the router exports has changed, or was seen for the first time. `sinceApplyMs` counts from the last apply's begin. */
  | {
      readonly kind: 'observed';
      readonly outcome: 'announced' | 'withdrawn';
      readonly exported: readonly string[];
      readonly sinceApplyMs?: number;
    }
  | { readonly kind: 'observe-failed'; readonly detail: string }
  | {
      readonly kind: 'drift';
      readonly missing: readonly string[];
      readonly extra: readonly string[];
      /** Exported, with other attributes than they should have. */
      readonly different: readonly string[];
    }
  /** A fault has taken something from the routes, once more. */
  | {
      readonly kind: 'damping';
      /** Flaps that count by now. */
      readonly penalty: number;
      readonly suppressed: boolean;
      /** When the suppression ends if nothing else happens: monotonic, and as ISO 8601. */
      readonly untilMs?: number;
      readonly until?: string;
    }
  | LeaseEvent
  | {
      readonly kind: 'attribution';
      readonly check: string;
      readonly outcome: Place;
      /** What the other PoPs said. */
      readonly detail: string;
    }
  /** Whether any neighbour hears this PoP. */
  | { readonly kind: 'isolation'; readonly outcome: 'isolated' | 'heard' }
  | { readonly kind: 'floor'; readonly outcome: 'granted' | 'refused'; readonly minimum: number }
  | {
      readonly kind: 'peer';
      readonly pop: string;
      readonly standing: Standing | 'unknown';
      readonly answers: 'yes' | 'no' | 'unknown';
      readonly seesUs: 'yes' | 'no' | 'unknown';
    }
  /** Whether a neighbour's best path leads here, by its looking glass. */
  | { readonly kind: 'selected'; readonly neighbour: string; readonly selection: 'yes' | 'no' | 'unknown' }
  | {
      readonly kind: 'session';
      readonly neighbour: string;
      readonly family: Session['family'];
      readonly state: Session['state'];
      readonly detail: string;
    }
  | { readonly kind: 'address'; readonly outcome: 'put' | 'removed' | 'failed'; readonly detail: string }
  | {
      readonly kind: 'drain';
      readonly phase: DrainPhase;
      readonly afterMs: number;
      readonly detail?: string;
    };

export type RecordedEvent = AgentEvent & {
  /** ISO 8601. */
  readonly at: string;
  readonly monotonicMs: number;
};

/** Events kept; a flapping PoP makes a handful a second. */
const kept = 200;

/** Kinds of events that someone should look at. */
const alarming: ReadonlySet<AgentEvent['kind']> = new Set([
  'apply-failed',
  'drift',
  'observe-failed',
  'check-unknown',
  'lease-lapsed',
]);

function isAlarming(event: AgentEvent): boolean {
  if (event.kind === 'lease') return event.state === 'lost';
  if (event.kind === 'damping') return event.suppressed;
  if (event.kind === 'floor') return event.outcome === 'refused';
  if (event.kind === 'isolation') return event.outcome === 'isolated';
  return alarming.has(event.kind);
}

/** What the event log needs of a logger; pino has it. */
export interface EventSink {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export class EventLog {
  readonly #clock: Clock;
  readonly #log: EventSink;
  readonly #listeners: ((event: RecordedEvent) => void)[] = [];
  #events: readonly RecordedEvent[] = [];

  constructor(clock: Clock, log: EventSink) {
    this.#clock = clock;
    this.#log = log;
  }

  record(event: AgentEvent): void {
    const at = new Date(this.#clock.wallMs()).toISOString();
    const recorded = { ...event, at, monotonicMs: this.#clock.monotonicMs() };
    this.#events = [...this.#events, recorded].slice(-kept);
    this.#log[isAlarming(event) ? 'warn' : 'info'](event, event.kind);
    for (const listener of this.#listeners) listener(recorded);
  }

  /** Oldest first. */
  events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** Calls `listener` for each event from now on. */
  onEvent(listener: (event: RecordedEvent) => void): void {
    this.#listeners.push(listener);
  }
}
