import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { sources } from './sources.ts';

/** Each folder whose listing is a list of features, and the file that registers them. */
const registries: Readonly<Record<string, string>> = {
  'src/health/checks': 'src/health/checks.ts',
  'src/routing/drivers': 'src/routing/drivers.ts',
  'src/sidecar/routers': 'src/sidecar/routers.ts',
  'src/resolver/policies': 'src/resolver/pipeline.ts',
  'src/rendering/renderings': 'src/rendering/renderings.ts',
  'src/lab/topologies': 'src/lab/topologies.ts',
  'src/lab/runtimes': 'src/lab/runtimes.ts',
  'src/lab/drills': 'src/lab/drills.ts',
  'src/doctor/examinations': 'src/doctor/examinations.ts',
  'src/doctor/routers': 'src/doctor/routers.ts',
  'src/commands': 'src/commands/commands.ts',
  'src/commands/lab': 'src/commands/lab.ts',
  'src/commands/cache': 'src/commands/cache.ts',
  'src/commands/config': 'src/commands/config.ts',
};

/** Files of those folders that are not features. */
const notFeatures = ['src/commands/command.ts', 'src/commands/commands.ts'];

describe('registries', () => {
  for (const [folder, registry] of Object.entries(registries)) {
    it(`${registry} registers exactly the files of ${folder}`, () => {
      const files = readdirSync(folder)
        .filter(name => name.endsWith('.ts'))
        .map(name => `${folder}/${name}`)
        .filter(path => !notFeatures.includes(path));
      const imported = sources
        .find(source => source.path === registry)
        ?.imports.flatMap(({ target }) =>
          target !== undefined && dirname(target) === folder ? [target] : [],
        )
        .filter(path => !notFeatures.includes(path));
      assert.deepEqual(imported?.sort(), files.sort());
    });
  }

  it('name each feature as its file is named', () => {
    const kinds = sources.filter(source => Object.hasOwn(registries, dirname(source.path)));
    const wrong = kinds
      .filter(source => !notFeatures.includes(source.path))
      .filter(
        source => !spellings(basename(source.path, '.ts')).some(name => source.text.includes(`'${name}'`)),
      )
      .map(source => source.path);
    assert.deepEqual(wrong, []);
  });
});

/** A file's name, and the same as a key of anycast.yaml is written: `at-least`, `atLeast`. */
function spellings(name: string): string[] {
  return [name, name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
}
