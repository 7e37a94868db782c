/** BGP passwords from files, and what becomes of files that hold none. */
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { configKinds } from '../../src/commands/inputs/deployment.ts';
import type { PopSlice } from '../../src/config/anycast-config.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { withPasswords } from '../../src/sidecar/passwords.ts';
import { prepareRouter } from '../../src/sidecar/prepare-router.ts';
import { birdRouter } from '../../src/sidecar/routers/bird.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The PoP fra of the example, its neighbour with these keys more. */
async function fra(...keys: readonly string[]): Promise<PopSlice> {
  const text = await readFile('anycast.yaml', 'utf8');
  const more = text.replace('asn: 64501\n', ['asn: 64501', ...keys].join('\n        ').concat('\n'));
  return popOf(parseConfig(more, 'anycast.yaml', configKinds), 'fra');
}

async function passwordFile(text: string) {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'isp-eu');
  await writeFile(path, text, { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

suite('BGP passwords', () => {
  test('a file’s password is what BIRD is told, without the line end, in a file for its owner alone', async () => {
    await using file = await passwordFile('s3cret word\n');
    await using run = await temporaryFolder();
    const signal = AbortSignal.timeout(10_000);
    const slice = await fra(`passwordFile: ${file.path}`);
    await prepareRouter(birdRouter, slice, { runDirectory: run.path, signal });
    const neighbours = join(run.path, 'bird/neighbours.conf');
    assert.match(await readFile(neighbours, 'utf8'), /password "s3cret word";/);
    assert.equal((await stat(neighbours)).mode & 0o777, 0o600);
  });

  test('a password in the configuration is left as it is', async () => {
    const slice = await fra('password: s3cret');
    assert.deepEqual(await withPasswords(slice), slice);
  });

  test('a file that is missing is a fault that names neighbour and file', async () => {
    const slice = await fra('passwordFile: /nonexistent/isp-eu');
    await assert.rejects(withPasswords(slice), { code: 'environment', message: /isp-eu.*nonexistent/ });
  });

  for (const [what, text] of [
    ['only a line end', '\n'],
    ['more than TCP MD5 takes', 'x'.repeat(81)],
  ] as const)
    test(`a file that holds ${what} is refused`, async () => {
      await using file = await passwordFile(text);
      await assert.rejects(withPasswords(await fra(`passwordFile: ${file.path}`)), {
        code: 'config-invalid',
        message: /1 to 80/,
      });
    });

  test('both forms for one neighbour, and a path that is not whole, are refused in the configuration', async () => {
    await assert.rejects(fra('password: a', 'passwordFile: /b'), /password or passwordFile, not both/);
    await assert.rejects(fra('passwordFile: secrets/b'), /the whole path/);
  });
});
