/** The PoP fra of the example, rendered: as it is, or with a password for its neighbour. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configKinds } from '../../src/commands/inputs/deployment.ts';
import type { PopSlice } from '../../src/config/anycast-config.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { deploymentFile } from '../../src/rendering/deployment-file.ts';
import { renderPop } from '../../src/rendering/render-pop.ts';
import type { RenderedFile, RenderSettings } from '../../src/rendering/rendering.ts';
import { renderingsNamed } from '../../src/rendering/renderings.ts';
import { writeFiles } from '../../src/rendering/write-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const password = 's3cret words';

/** The text of anycast.yaml, every neighbour of which has these keys more. */
export async function exampleText(...keys: readonly string[]): Promise<string> {
  const text = await readFile('anycast.yaml', 'utf8');
  return text.replace(/^( *)asn: 6450[123]$/gm, (line, indent: string) =>
    [line.trimStart(), ...keys].map(key => indent + key).join('\n'),
  );
}

export const withPassword = await exampleText(`password: ${password}`);
export const withoutPassword = await exampleText();

export function fraOf(text: string): PopSlice {
  return popOf(parseConfig(text, 'anycast.yaml', configKinds), 'fra');
}

export async function rendered(
  text: string,
  kinds: readonly string[] = [],
  options: Partial<RenderSettings> & { readonly showsSecrets?: boolean } = {},
): Promise<readonly RenderedFile[]> {
  const { showsSecrets = true, ...settings } = options;
  const { files } = await renderPop(renderingsNamed(kinds), fraOf(text), {
    settings: {
      configText: deploymentFile(text),
      prefix: '/opt/anycast',
      image: 'anycast-dns-kit',
      out: 'out',
      ...settings,
    },
    showsSecrets,
  });
  return files;
}

/** A folder of its own with these kinds in it. */
export async function renderedFolder(
  text: string,
  kinds: readonly string[],
  options: Partial<RenderSettings> = {},
): Promise<AsyncDisposable & { readonly path: string; file(path: string): string }> {
  const folder = await temporaryFolder();
  await writeFiles(folder.path, await rendered(text, kinds, options), { force: false });
  return { ...folder, file: path => join(folder.path, path) };
}

/** The one file of that path. */
export function fileOf(files: readonly RenderedFile[], path: string): RenderedFile {
  const file = files.find(each => each.path === path);
  if (!file) throw new Error(`no ${path} among ${files.map(each => each.path).join(' ')}`);
  return file;
}
