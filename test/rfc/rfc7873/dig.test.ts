import assert from 'node:assert/strict';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { a } from '../../resolver/messages.ts';
import { openUpstream, replyTo } from '../../resolver/scripted-upstream.ts';
import { type TestDeployment, testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const first = '000102030405060708090a0b0c0d0e0f';
const second = 'f0e0d0c0b0a090807060504030201000';

describe('RFC 7873, stock dig as the client', () => {
  const parts = new AsyncDisposableStack();
  let deployment: TestDeployment;
  let secretFile: string;
  const open = async (): Promise<TestResolver> => await openTestResolver(deployment);
  before(async () => {
    const folder = parts.use(await temporaryFolder());
    secretFile = join(folder.path, 'cookies');
    await writeFile(secretFile, `${first}\n`, { mode: 0o600 });
    deployment = testDeployment({ resolver: [`clients: { cookies: { secretFile: ${secretFile} } }`] });
    const [address] = deployment.upstreams;
    parts.use(
      await openUpstream(address, deployment.upstreamPort, ({ query, send }) =>
        send(replyTo(query, { answers: [a('www.test.', '192.0.2.1')] })),
      ),
    );
  });
  after(() => parts.disposeAsync());

  const cookieIn = (text: string): string => /COOKIE: (\w+ \(good\))/.exec(text)?.[1] ?? text;

  it('finds the cookie good, over UDP and TCP, and none when it sends none', async () => {
    await using resolver = await open();
    for (const transport of ['+notcp', '+tcp'])
      assert.match(cookieIn((await resolver.dig(transport, 'www.test')).text), /^[0-9a-f]{48} \(good\)$/);
    assert.doesNotMatch((await resolver.dig('+nocookie', 'www.test')).text, /COOKIE/);
  });

  it('comes back with the cookie it is given when it has asked too often, and is answered', async () => {
    const limited = testDeployment({
      resolver: [
        `clients: { cookies: { secretFile: ${secretFile} }, rateLimit: { perSecond: 1, burst: 1, slip: 1 } }`,
      ],
    });
    await using resolver = await openTestResolver(limited);
    const dig = async (...args: string[]) => await resolver.dig('-b', limited.client, ...args);
    assert.equal((await dig('+noedns', 'ANY', 'www.test', '+notcp')).status, 'NOERROR');
    const { text, status } = await dig('ANY', 'www.test', '+notcp');
    assert.match(text, /BADCOOKIE, retrying/);
    assert.equal(status, 'NOERROR');
    // Without cookies it is told to ask over TCP, and does.
    const plain = await dig('+noedns', 'ANY', 'www.test', '+notcp');
    assert.match(plain.text, /Truncated, retrying in TCP/);
    assert.equal(plain.status, 'NOERROR');
  });

  it('gets its own cookie back when it comes with it, from another process with the same secrets too', async () => {
    const client = deployment.client;
    let cookie: string;
    {
      await using resolver = await open();
      cookie = cookieIn((await resolver.dig('-b', client, 'www.test')).text).slice(0, 48);
    }
    await using resolver = await open();
    const { text } = await resolver.dig('-b', client, `+cookie=${cookie}`, 'www.test');
    assert.equal(cookieIn(text), `${cookie} (good)`);
    const elsewhere = await resolver.dig(`+cookie=${cookie}`, 'www.test');
    assert.notEqual(cookieIn(elsewhere.text), `${cookie} (good)`);
    assert.equal(elsewhere.status, 'NOERROR');
  });

  it('keeps a good cookie while the secrets roll over, and a bad file changes nothing', async () => {
    await using resolver = await open();
    const dig = async (cookie: string): Promise<string> =>
      cookieIn((await resolver.dig('-b', deployment.client, `+cookie=${cookie}`, 'www.test')).text).slice(
        0,
        48,
      );
    const old = await dig('0102030405060708');
    await writeFile(secretFile, 'no secret\n');
    await writeFile(secretFile, `${second}\n${first}\n`);
    // Renewed: under the new secret, so that it differs although it was accepted.
    await eventually(async () => assert.notEqual(await dig(old), old), { within: 8000 });
    const renewed = await dig(old);
    await rm(secretFile);
    assert.equal(await dig(renewed), renewed);
    await writeFile(secretFile, `${first}\n`, { mode: 0o600 });
  });

  it('is not served on secrets that anyone can write', async () => {
    await chmod(secretFile, 0o666);
    await assert.rejects(open(), { code: 'environment', message: /anyone can write/ });
    await chmod(secretFile, 0o600);
  });
});
