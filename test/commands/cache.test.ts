import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type RunResult, run } from '../../src/system/run.ts';
import { a, query } from '../resolver/messages.ts';
import { openUpstream, replyTo } from '../resolver/scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../resolver/test-deployment.ts';
import { ask, openTestResolver, type TestResolver } from '../resolver/test-resolver.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('anycast cache', () => {
  const parts = { current: new AsyncDisposableStack() };
  let deployment: TestDeployment;
  let resolver: TestResolver;
  let file: string;

  beforeEach(async () => {
    parts.current = new AsyncDisposableStack();
    deployment = testDeployment();
    const [address] = deployment.upstreams;
    parts.current.use(
      await openUpstream(address, deployment.upstreamPort, ({ query: asked, send }) => {
        const [question] = asked.questions;
        if (question)
          send(replyTo(asked, { answers: [{ ...a('x.', '192.0.2.1', 3600), name: question.name }] }));
      }),
    );
    resolver = parts.current.use(await openTestResolver(deployment));
    file = join(parts.current.use(await temporaryFolder()).path, 'dump');
    for (const text of ['www.test.', 'mail.test.', 'www.example.'])
      await ask(query(text), { address: deployment.management, port: deployment.port });
  });
  afterEach(() => parts.current.disposeAsync());

  async function cache(verb: string, ...args: readonly string[]): Promise<RunResult> {
    const argv = ['./anycast', 'cache', verb, ...args, '--run-dir', dirname(resolver.socketPath)] as const;
    return await run([...argv], { timeoutMs: 30_000 });
  }

  it('writes out, empties and reads back in', async () => {
    const written = await cache('dump', '--output', file);
    assert.deepEqual(written, { exitCode: 0, stdout: '', stderr: '' });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await cache('flush', '--all')).stdout, '3 entries dropped');
    assert.equal(resolver.running.status.cache.entries, 0);
    const { stdout } = await cache('load', file);
    assert.equal(stdout, '3 loaded, 0 expired, 0 known already, 0 of other forward zones');
    assert.equal(resolver.running.status.cache.entries, 3);
    assert.deepEqual(JSON.parse((await cache('load', file, '--json')).stdout), {
      loaded: 0,
      expired: 0,
      elsewhere: 0,
      known: 3,
    });
  });

  it('writes to standard output what people can read, and what it can load', async () => {
    const { stdout } = await cache('dump');
    const lines = stdout.split('\n').map(line => line && JSON.parse(line));
    assert.deepEqual([lines[0]?.format, lines[0]?.pop, lines.at(-1)?.end], ['anycast-cache', 'fra', 3]);
    assert.match(stdout, /"www\.test\. 3600 IN A 192\.0\.2\.1"/);
  });

  it('forgets one name, or a zone', async () => {
    assert.equal((await cache('flush', 'www.test')).stdout, '1 entry dropped');
    assert.equal((await cache('flush', '--zone', 'test')).stdout, '1 entry dropped');
    assert.equal(resolver.running.status.cache.entries, 1);
  });

  it('loads nothing of a file that is damaged anywhere', async () => {
    await cache('dump', '--output', file);
    const whole = await readFile(file, 'utf8');
    await cache('flush', '--all');
    const lines = whole.split('\n');
    for (const [text, said] of [
      [whole.replace('mail.test.', 'mail..test.'), /line \d: has no valid name/],
      [lines.slice(0, 3).join('\n'), /the dump is cut off behind line 3/],
      [[lines[0], ...lines.slice(2)].join('\n'), /2 entries, where 3 were written/],
      [whole.replace('"version":1', '"version":9'), /a dump of version 9/],
      ['', /the file is empty/],
      [`${whole}{}\n`, /line 6: stands behind the last line/],
    ] as const) {
      await writeFile(file, text);
      const { exitCode, stderr } = await cache('load', file);
      assert.equal(exitCode, 1);
      assert.match(stderr, said);
    }
    assert.equal(resolver.running.status.cache.entries, 0);
  });

  it('says what is wrong with its arguments, and when no resolver runs', async () => {
    assert.equal((await cache('flush')).exitCode, 64);
    assert.equal((await cache('flush', 'a.test', '--all')).exitCode, 64);
    assert.match((await cache('flush', 'a..test')).stderr, /"a\.\.test" is not a domain name/);
    assert.equal((await cache('load', `${file}-none`)).exitCode, 64);
    await parts.current.disposeAsync();
    const { exitCode, stderr } = await cache('dump');
    assert.equal(exitCode, 69);
    assert.match(stderr, /no resolver is running/);
  });
});
