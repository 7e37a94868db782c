import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { prepareRouter } from '../../../src/sidecar/prepare-router.ts';
import { routers } from '../../../src/sidecar/routers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { exampleText, fraOf, password, rendered, renderedFolder } from '../rendered-fra.ts';

describe('the rendered router files', () => {
  for (const router of routers) {
    const text = exampleText(`password: ${password}`).then(yaml =>
      yaml.replace('  fra:\n', `  fra:\n    driver: ${router.kind}\n`),
    );

    it(`of ${router.kind} are accepted by it as they lie`, async () => {
      await using folder = await renderedFolder(await text, ['router']);
      await router.check(folder.file('router'), AbortSignal.timeout(20_000));
    });

    it(`of ${router.kind} are those that the sidecar writes when it starts`, async () => {
      await using run = await temporaryFolder();
      const signal = AbortSignal.timeout(20_000);
      await prepareRouter(router, fraOf(await text), { runDirectory: run.path, signal });
      const files = await rendered(await text, ['router']);
      assert.ok(files.length > 0);
      for (const { path, text: expected } of files)
        assert.equal(await readFile(join(run.path, path.replace(/^router\//, '')), 'utf8'), expected, path);
    });
  }
});
