/**
 * The contract of a route driver: what turns desired announcements into a router's state, and says what that state is.
 *
 * The agent owns one driver and calls it from one place, never two calls at once. `desired` is always the whole truth:
 * there is no add and no delete, so that applying twice, or after a lost answer, does no harm. The fallback prefix is
 * not in `desired`: the sidecar's configuration announces it whatever the agent says.
 */
import type { IpFamily } from '../ip/address.ts';
import type { Announcement, RouteAttributes } from './announcement.ts';

/** One BGP session; a neighbour has one for each family it is spoken to in. */
export interface Session {
  /** The neighbour's name in anycast.yaml. */
  readonly neighbour: string;
  readonly family: IpFamily;
  readonly state: 'established' | 'down';
  /** The router's own word for the state, for a person to read. */
  readonly detail: string;
}

/** A route as one neighbour was sent it. `prepend` counts our own AS number beyond the one that BGP adds. */
export interface ExportedRoute extends RouteAttributes {
  readonly neighbour: string;
}

/** What the router really does, read back from it. */
export interface Observation {
  /**
   * Prefixes (canonical text) that at least one established session exports, with what each neighbour was sent. The
   * fallback prefixes are among them.
   */
  readonly exported: ReadonlyMap<string, readonly ExportedRoute[]>;
  readonly sessions: readonly Session[];
}

export interface RouteDriver extends AsyncDisposable {
  readonly kind: string;
  /**
   * Makes the router announce exactly `desired`. Returns when the router has accepted it.
   * Throws Fault `refused` when the router says no (the previous routes then still stand; the agent retries with
   * back-off and alarms), `unreachable` when it does not answer, `environment` when this machine is in the way, and the
   * signal's reason.
   */
  apply(desired: readonly Announcement[], signal: AbortSignal): Promise<void>;
  /** Reads the router's state. Throws as `apply` does; the agent's belief is then unknown. */
  observe(signal: AbortSignal): Promise<Observation>;
}

/** How a driver is made; the registry lists one of these per kind. */
export interface RouteDriverKind {
  readonly kind: string;
  /** `runDirectory` is the folder that driver, sidecar and router share. Does not connect yet. */
  create(runDirectory: string): RouteDriver;
}
