/** The program's own source files and what they import, read as text. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** Relative to the repository, e.g. `src/dns/name.ts`. */
  readonly path: string;
  /** The folder right below `src/`, or the file's own name for `src/main.ts`. */
  readonly area: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
}

export interface SourceImport {
  /** As written: `node:fs`, `zod`, `../ip/address.ts`. */
  readonly specifier: string;
  /** The repository path of a relative import. */
  readonly target?: string;
  /** Whether only types are imported, which leaves nothing at run time. */
  readonly typeOnly: boolean;
}

/** `import ... from 'x'`, `export ... from 'x'`, `import 'x'` and `import('x')`. */
const importForms = [
  /^(?:import|export)\s+(type\s+)?[^'";]*?\sfrom\s+'([^']+)'/gm,
  /^import()\s+'([^']+)'/gm,
  /\bimport\(()'([^']+)'\)/g,
];

export const sources: readonly SourceFile[] = globSync('src/**/*.ts')
  .sort()
  .map(path => {
    const text = readFileSync(path, 'utf8');
    return { path, area: path.split('/')[1] ?? '', text, imports: importsOf(path, text) };
  });

function importsOf(path: string, text: string): SourceImport[] {
  return importForms.flatMap(form =>
    [...text.matchAll(form)].map(([, type, specifier = '']) => ({
      specifier,
      typeOnly: type !== undefined && type !== '',
      ...(specifier.startsWith('.') && { target: normalize(join(dirname(path), specifier)) }),
    })),
  );
}
