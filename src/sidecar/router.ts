/**
 * The contract of a router the sidecar can run: how to set it up, start it, and know that it answers.
 *
 * The sidecar writes `files` and has them checked once and before anything runs (`prepare-router.ts`), then starts `argv`
 * as its child in the foreground, asks `isReady` until it is so, calls `afterStart` and says that it is ready. `anycast
 * render` writes the same files elsewhere, for somebody to read or for a router that runs without a sidecar. Stopping is a
 * SIGTERM, on which a router must close its sessions and exit: closing them is what withdraws its routes.
 */
import type { PopSlice } from '../config/anycast-config.ts';

export interface RouterKind {
  /** The route driver that speaks to this router: `driver` of a PoP in anycast.yaml. */
  readonly kind: string;
  /** What the kernel must allow the router when it is not root's, as capabilities(7) names it without `CAP_`. */
  readonly capabilities: readonly string[];
  /**
   * The router's files for this PoP, with nothing announced but the fallback. Passwords stand in the slice as they are:
   * `passwords.ts` has read those that a file holds.
   * @throws Fault `config-invalid` for what this router cannot be told.
   */
  files(slice: PopSlice): Promise<readonly RouterFile[]>;
  /** Has the router check its files in this folder. @throws Fault `config-invalid` with the router's own complaint. */
  check(runDirectory: string, signal: AbortSignal): Promise<void>;
  argv(runDirectory: string): readonly [string, ...string[]];
  /** Whether a router answers on the control channel in this folder. */
  isReady(runDirectory: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Announces the fallback prefixes, for a router whose files cannot. The agent may be speaking to the router already:
   * its routes are not touched.
   * @throws Fault `unreachable` or `refused`; the sidecar then ends.
   */
  afterStart?(runDirectory: string, signal: AbortSignal): Promise<void>;
  /** One line of the router's log. */
  readLogLine(line: string): RouterLogLine;
}

export interface RouterFile {
  /** Relative to the run directory, e.g. `bird/site.conf`. */
  readonly path: string;
  readonly text: string;
  /** 0600 where the file may hold a password. */
  readonly mode: number;
}

export interface RouterLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}
