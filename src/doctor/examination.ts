/**
 * The contract of an examination: one thing about a host that anycast depends on, looked at and judged.
 *
 * `examineHost` calls each examination once, one after another in the order of the registry, with a few seconds each. An
 * examination only reads: files below /proc and /sys, the answers of a control socket, the output of a program that shows
 * things. It changes nothing, sends nothing to the network, and must do with what an ordinary user may see: what it may
 * not see is a `skip` that says so, never a guess.
 *
 * A throw is taken as a `skip` of the whole examination, with the error's message as the reason.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import type { Finding } from './finding.ts';
import type { Host } from './host/host.ts';

export interface ExaminationContext {
  /** The configuration that was read, or why there is none. */
  readonly deployment: Deployment;
  /** The PoP that this host is to be, if that is known. */
  readonly slice?: PopSlice;
  /** The folder that the PoP's processes share. */
  readonly runDirectory: string;
  /** What is read once and looked at by several. */
  readonly host: Host;
  readonly signal: AbortSignal;
}

/** What became of reading anycast.yaml. */
export type Deployment =
  | { readonly state: 'read'; readonly path: string; readonly pops: readonly string[] }
  | { readonly state: 'refused'; readonly path: string; readonly complaint: string }
  | { readonly state: 'absent' };

/** An examination of any host, or of one whose part in the deployment is known. */
export type Examination = ExaminationOfHost | ExaminationOfPop;

interface Named {
  /** As the file is named, e.g. `reverse-path`. */
  readonly name: string;
  /** What it looks at: the heading of its findings. */
  readonly looksAt: string;
}

export interface ExaminationOfHost extends Named {
  readonly needs: 'host';
  examine(context: ExaminationContext): Promise<readonly Finding[]>;
}

export interface ExaminationOfPop extends Named {
  /** Left out, with the reason, where no PoP is known. */
  readonly needs: 'pop';
  examine(slice: PopSlice, context: ExaminationContext): Promise<readonly Finding[]>;
}
