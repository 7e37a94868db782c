/** What the sidecar answers to a renewal, read from JSON. */
import { Fault } from '../../system/fault.ts';

/** What the sidecar did with the host routes while it had them. */
export type LapseRoutes = 'withdraw' | 'hold';

export interface LeaseAnswer {
  /** One life of one sidecar: with it its router began, and with it it ends. */
  readonly sidecar: string;
  /** Goes up each time that the sidecar takes the routes. */
  readonly term: number;
  /** Milliseconds that the renewal lasts, from its arrival. */
  readonly durationMs: number;
  /** The sidecar had the routes since the agent, or its predecessor, last heard of it; and what it did with them. */
  readonly lapsed: LapseRoutes | undefined;
}

/** @throws Fault `refused` when it makes no sense. */
export function leaseAnswer(raw: unknown): LeaseAnswer {
  const { sidecar, term, durationMs, lapsed, routes } = (raw ?? {}) as Readonly<Record<string, unknown>>;
  const isWhole =
    typeof sidecar === 'string' &&
    typeof term === 'number' &&
    typeof durationMs === 'number' &&
    durationMs > 0 &&
    (lapsed === false || (lapsed === true && (routes === 'withdraw' || routes === 'hold')));
  if (isWhole) return { sidecar, term, durationMs, lapsed: lapsed ? (routes as LapseRoutes) : undefined };
  throw new Fault('refused', 'the sidecar answers a renewal with something else', {
    hint: 'agent and sidecar must be of one version',
  });
}
