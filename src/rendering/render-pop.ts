/** Renders the kinds that are wanted for one PoP. */
import type { PopSlice } from '../config/anycast-config.ts';
import { withPasswords } from '../sidecar/passwords.ts';
import { maskPasswords } from './mask-passwords.ts';
import type { RenderedFile, RenderingKind, RenderSettings } from './rendering.ts';

export interface RenderedPop {
  /** Paths have their kind's folder in front. */
  readonly files: readonly RenderedFile[];
  /** What to do with the files of each kind, in order. */
  readonly next: readonly NextSteps[];
}

export interface NextSteps {
  readonly kind: string;
  readonly summary: string;
  readonly steps: readonly string[];
}

/** Without `showsSecrets` no password is even read. @throws Fault as `withPasswords` and the kinds do. */
export async function renderPop(
  kinds: readonly RenderingKind[],
  slice: PopSlice,
  { settings, showsSecrets }: { readonly settings: RenderSettings; readonly showsSecrets: boolean },
): Promise<RenderedPop> {
  const told = showsSecrets ? await withPasswords(slice) : maskPasswords(slice);
  const files: RenderedFile[] = [];
  for (const { kind, render } of kinds)
    files.push(...(await render(told, settings)).map(file => ({ ...file, path: `${kind}/${file.path}` })));
  return {
    files,
    next: kinds.map(({ kind, summary, next }) => ({ kind, summary, steps: next(told, settings) })),
  };
}
