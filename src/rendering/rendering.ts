/**
 * The contract of a rendering: one way to run a PoP in production, as files made from the same anycast.yaml that was drilled.
 *
 * `anycast render` calls `render` once for each kind that was asked for, then writes all files or none. A rendering reads
 * nothing but the program's own files and has no other effect, so that equal input gives equal text: the examples in
 * `deploy/` are such text, and a test says whether they are current.
 *
 * Passwords: those in `slice` are the real ones, or a mask where the output is for a screen. What holds one is a file for
 * its owner alone (`ownerOnly`); every other file names the password's file instead. `settings.configText` has none.
 */
import type { PopSlice } from '../config/anycast-config.ts';

export interface RenderingKind {
  /** What `--only` calls it, and the folder that its files are in. */
  readonly kind: string;
  /** What it is, in a few words. */
  readonly summary: string;
  render(slice: PopSlice, settings: RenderSettings): Promise<readonly RenderedFile[]>;
  /** What to do with the files, in order: shell commands, and sentences that start with `# `. */
  next(slice: PopSlice, settings: RenderSettings): readonly string[];
}

export interface RenderedFile {
  /** Relative to the kind's folder. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface RenderSettings {
  /** anycast.yaml as every process may read it: `deploymentFile` has taken the passwords out. */
  readonly configText: string;
  /** Where the kit is installed on the host. */
  readonly prefix: string;
  readonly image: string;
  /** The folder that everything is written to, as the user named it; only for `next`. */
  readonly out: string;
}

/** Modes of files: for everybody, and for what holds a password. */
export const everyone = 0o644;
export const ownerOnly = 0o600;
