import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { createClientCounters } from '../../../src/resolver/clients/client-counters.ts';
import { ServerCookies } from '../../../src/resolver/clients/server-cookies.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { edns } from '../messages.ts';

const first = '000102030405060708090a0b0c0d0e0f';
const second = 'f0e0d0c0b0a090807060504030201000';
const address = '198.18.0.1';

async function opened(text = `${first}\n`) {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const path = join(folder.path, 'cookies');
  await writeFile(path, text, { mode: 0o600 });
  const lines: string[] = [];
  const log = pino(
    new Writable({
      write: (line, _encoding, done) => {
        lines.push(String(line));
        done();
      },
    }),
  );
  const clock = fakeClock(1_750_000_000_000);
  const counters = createClientCounters();
  const cookies = parts.use(await ServerCookies.open({ path, clock, log, counters }));
  const moved = parts.move();
  const judge = (data: Uint8Array) => cookies.judge(edns({ options: [{ code: 10, data }] }), address);
  const learn = (): Uint8Array => {
    const { option } = judge(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    assert.ok(option);
    return option.data;
  };
  /** Lets the looks at the file come due until the claim holds. */
  const looking = (claim: () => void) =>
    eventually(async () => {
      await clock.advance(2000);
      claim();
    });
  return {
    path,
    cookies,
    counters,
    lines,
    judge,
    learn,
    looking,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

describe('server cookies and their secrets', () => {
  it('are made with the new secret as soon as the file is replaced, and the old ones are accepted', async () => {
    await using at = await opened();
    const old = at.learn();
    await writeFile(`${at.path}.new`, `${second}\n${first}\n`, { mode: 0o600 });
    await rename(`${at.path}.new`, at.path);
    await at.looking(() => assert.equal(at.cookies.secretCount, 2));
    const { status, option } = at.judge(old);
    assert.equal(status, 'good');
    assert.notDeepEqual(option?.data, old);
    // The one that it was exchanged for is the new secret's, and stays.
    assert.ok(option);
    assert.deepEqual(at.judge(option.data).option?.data, option.data);
    assert.equal(at.counters.secrets.loaded, 2);
  });

  it('stay as they are when the file goes bad or away, which is complained of once', async () => {
    await using at = await opened();
    const cookie = at.learn();
    await writeFile(at.path, `${second.slice(1)}\n`);
    await at.looking(() => assert.equal(at.counters.secrets.failed, 1));
    await rm(at.path);
    await at.looking(() => assert.equal(at.counters.secrets.failed, 2));
    for (let looks = 0; looks < 5; looks += 1) await at.looking(() => undefined);
    assert.equal(at.counters.secrets.failed, 2);
    assert.equal(at.lines.length, 2);
    assert.equal(at.judge(cookie).status, 'good');
    await writeFile(at.path, `${second}\n`, { mode: 0o600 });
    await at.looking(() => assert.equal(at.judge(cookie).status, 'bad'));
  });

  it('are reloaded when told to, which gives what is wrong', async () => {
    await using at = await opened();
    assert.equal(await at.cookies.reload(), undefined);
    await writeFile(at.path, '');
    assert.match((await at.cookies.reload()) ?? '', /holds no secret/);
  });

  it('show no secret in what is logged or inspected', async () => {
    await using at = await opened();
    await writeFile(at.path, `${second}0\n`, { mode: 0o644 });
    await at.cookies.reload();
    const shown = at.lines.join('') + inspect(at.cookies, { depth: 9 }) + JSON.stringify(at.cookies);
    assert.match(shown, /not reloaded/);
    for (const hex of [first, second]) assert.ok(!shown.includes(hex.slice(4, 24)));
    // As numbers neither.
    assert.ok(!shown.includes(String(0x03020100)));
  });

  it('say so when everyone on the machine can read the file', async () => {
    await using at = await opened();
    await writeFile(`${at.path}.new`, `${second}\n`, { mode: 0o644 });
    await rename(`${at.path}.new`, at.path);
    await at.cookies.reload();
    assert.match(at.lines.join(''), /everyone on this machine can read/);
  });
});
