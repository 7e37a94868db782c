import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { parseSecrets, readSecretsFile } from '../../../src/resolver/clients/cookie-secrets.ts';
import { Fault } from '../../../src/system/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const secret = '000102030405060708090a0b0c0d0e0f';
const other = 'f0e0d0c0b0a090807060504030201000';

describe('the file of cookie secrets', () => {
  it('holds one secret a line in either case, the active one first; blank lines and remarks do not count', () => {
    const secrets = parseSecrets(`# rolled over in May\n\n${secret}\r\n  ${other.toUpperCase()}\n`, 'file');
    assert.equal(secrets.length, 2);
    assert.deepEqual(secrets[0], Int32Array.of(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c));
  });

  it('is refused with the line and the reason, and never with what is in it', () => {
    const refused = {
      '': /no secret/,
      [`${secret}\n${secret.slice(1)}`]: /line 2 .* 32 hexadecimal/,
      [`${secret}ff`]: /line 1 /,
      [`${secret}\n\n${secret}`]: /line 3 .* second time/,
      [Array.from({ length: 5 }, (_, index) => secret.replace('00', `1${index}`)).join('\n')]:
        /line 5 .* at most 4/,
    };
    for (const [text, message] of Object.entries(refused)) {
      assert.throws(
        () => parseSecrets(text, 'file'),
        (error: unknown) => {
          assert.ok(error instanceof Fault);
          assert.match(error.message, message);
          assert.doesNotMatch(inspect(error), /0405060708/);
          return true;
        },
      );
    }
  });

  it('is told apart: gone, open to all readers, open to all writers', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'cookies');
    await assert.rejects(readSecretsFile(path), { code: 'environment', message: /ENOENT/ });
    await writeFile(path, secret, { mode: 0o600 });
    assert.equal((await readSecretsFile(path)).isReadableByAll, false);
    await chmod(path, 0o644);
    assert.equal((await readSecretsFile(path)).isReadableByAll, true);
    await chmod(path, 0o602);
    await assert.rejects(readSecretsFile(path), { code: 'environment', message: /anyone can write/ });
    await assert.rejects(readSecretsFile(folder.path), { code: 'config-invalid' });
  });
});
