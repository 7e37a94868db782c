/** A folder of block lists and policy zones, and the keys of `resolver.names` that name them. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

export interface FilterFolder extends AsyncDisposable {
  path(file: string): string;
  write(file: string, lines: readonly string[]): Promise<void>;
  remove(file: string): Promise<void>;
  /** `rpz` with these zones, each in the file of its name. */
  rpz(...zones: readonly string[]): string;
}

export async function filterFolder(
  files: Readonly<Record<string, readonly string[]>>,
): Promise<FilterFolder> {
  const folder = await temporaryFolder();
  const path = (file: string): string => join(folder.path, file);
  const write = (file: string, lines: readonly string[]): Promise<void> =>
    writeFile(path(file), `${lines.join('\n')}\n`);
  for (const [file, lines] of Object.entries(files)) await write(file, lines);
  return {
    path,
    write,
    remove: file => rm(path(file)),
    rpz: (...zones) => `rpz: [${zones.map(zone => `{ zone: ${zone}, file: ${path(zone)} }`).join(', ')}]`,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A policy zone with these triggers. */
export function policyZone(...lines: readonly string[]): readonly string[] {
  return [
    '$TTL 60',
    '@ SOA ns.example. hostmaster.example. (',
    '  1 ; serial',
    '  3600 600 86400 60 )',
    '@ NS ns.example.',
    ...lines,
  ];
}
