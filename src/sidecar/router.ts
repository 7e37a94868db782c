/**
 * The contract of a router the sidecar can run: how to set it up, start it, and know that it answers.
 *
 * The sidecar calls `prepare` once and before anything runs, then starts `argv` as its child in the foreground, then
 * asks `isReady` until it is so, then calls `afterStart` and says that it is ready. Stopping is a SIGTERM, on which a router must close its sessions and exit: closing them
 * is what withdraws its routes.
 */
import type { PopSlice } from '../config/anycast-config.ts';

export interface RouterKind {
  /** The route driver that speaks to this router: `driver` of a PoP in anycast.yaml. */
  readonly kind: string;
  /**
   * Writes the router's files for this PoP, with nothing announced but the fallback, and has the router check them.
   * @throws Fault `config-invalid` with the router's own complaint.
   */
  prepare(slice: PopSlice, runDirectory: string, signal: AbortSignal): Promise<void>;
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

export interface RouterLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}
