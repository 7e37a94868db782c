/** Writing what was rendered: all files or none, each of them whole, and nothing of somebody else's overwritten unasked. */
import { dirname, join } from 'node:path';
import { Fault } from '../system/fault.ts';
import { makeFolder, readFileIfAny, writeFileAtomically } from '../system/files.ts';
import type { RenderedFile } from './rendering.ts';

export interface WrittenFiles {
  readonly written: readonly string[];
  /** Those that were there already, word for word. */
  readonly unchanged: readonly string[];
}

/** @throws Fault `busy` before anything is written when a file differs from what is there, unless `force`. */
export async function writeFiles(
  folder: string,
  files: readonly RenderedFile[],
  { force }: { readonly force: boolean },
): Promise<WrittenFiles> {
  const before = new Map<string, string | undefined>();
  for (const { path } of files) before.set(path, await readFileIfAny(join(folder, path)));
  const differing = files.filter(({ path, text }) => ![undefined, text].includes(before.get(path)));
  if (differing.length > 0 && !force) {
    const names = differing.map(({ path }) => join(folder, path));
    throw new Fault('busy', `these files are there and differ: ${names.join(', ')}`, {
      hint: 'nothing was written; --force overwrites them, --out names another folder, --stdout only shows',
    });
  }
  const changed = files.filter(({ path, text }) => before.get(path) !== text);
  for (const { path, text, mode } of changed) {
    await makeFolder(dirname(join(folder, path)));
    await writeFileAtomically(join(folder, path), text, mode);
  }
  return {
    written: changed.map(({ path }) => path),
    unchanged: files.filter(file => !changed.includes(file)).map(({ path }) => path),
  };
}
