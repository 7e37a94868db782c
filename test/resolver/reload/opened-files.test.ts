import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { ResolverConfig } from '../../../src/config/anycast-config.ts';
import { clientsSchema } from '../../../src/config/resolver/clients.ts';
import { namesSchema } from '../../../src/config/resolver/names.ts';
import { optionCodes } from '../../../src/dns/edns.ts';
import type { Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import type { ReloadReport } from '../../../src/resolver/reload/reload-text.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { a, edns, query } from '../messages.ts';
import { openUpstream, replyTo } from '../scripted-upstream.ts';
import { testDeployment } from '../test-deployment.ts';
import { ask, openTestResolver, type TestResolver } from '../test-resolver.ts';

type Changes = Partial<ResolverConfig>;

/** Sixteen octets, one secret a line. */
const secret = '000102030405060708090a0b0c0d0e0f';

describe('a reload', () => {
  const deployment = testDeployment();
  const { slice } = deployment;
  const parts = new AsyncDisposableStack();
  let resolver: TestResolver;
  let folder: string;
  let written: Changes = {};

  before(async () => {
    folder = parts.use(await temporaryFolder()).path;
    const [address] = deployment.upstreams;
    parts.use(
      await openUpstream(address, deployment.upstreamPort, call =>
        call.send(replyTo(call.query, { answers: [a('any.test.', '192.0.2.1')] })),
      ),
    );
    const readConfig = async () => {
      const resolver = { ...slice.config.resolver, ...written };
      return { slice: { ...slice, config: { ...slice.config, resolver } }, hash: 'any' };
    };
    resolver = parts.use(await openTestResolver(deployment, { readConfig }));
  });
  beforeEach(() => reloadWith({}));
  after(() => parts.disposeAsync());

  async function reloadWith(changes: Changes): Promise<ReloadReport> {
    written = changes;
    return await resolver.running.reload();
  }

  /** From an address that no limit excepts. */
  async function asked(name: string, fields: Partial<Message> = {}): Promise<Message> {
    const { service, port, client } = deployment;
    return await ask(query(name, 'A', fields), { address: service, port, from: client });
  }

  async function fileOf(name: string, ...lines: readonly string[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, lines.join('\n'), { mode: 0o600 });
    return path;
  }

  const blocked = (file: string): Changes => ({
    names: namesSchema.parse({ specialUse: { except: ['test.'] }, blockLists: [{ file }] }),
  });

  it('lets clients ask as often as the new configuration says', async () => {
    const strict = { rateLimit: { perSecond: 1, burst: 1, slip: 1 } };
    const report = await reloadWith({ clients: clientsSchema.parse(strict) });
    assert.deepEqual([report.changed, report.needsRestart], [['resolver.clients'], []]);
    assert.equal((await asked('any.test.')).flags.tc, false);
    assert.equal((await asked('any.test.')).flags.tc, true, 'the second one is over the rate');
    const exempt = { ...strict, exempt: [`${deployment.client}/32`] };
    await reloadWith({ clients: clientsSchema.parse(exempt) });
    for (let count = 0; count < 3; count += 1) assert.equal((await asked('any.test.')).flags.tc, false);
    await reloadWith({ clients: clientsSchema.parse(strict) });
    await asked('any.test.');
    assert.equal((await asked('any.test.')).flags.tc, true);
    await reloadWith({ clients: clientsSchema.parse({ rateLimit: 'off' }) });
    for (let count = 0; count < 3; count += 1) assert.equal((await asked('any.test.')).flags.tc, false);
  });

  it('keeps who has asked how much while nothing is changed about clients', async () => {
    const strict = { clients: clientsSchema.parse({ rateLimit: { perSecond: 1, burst: 1, slip: 1 } }) };
    await reloadWith(strict);
    await asked('any.test.');
    await reloadWith({ ...strict, version: 'other' });
    assert.equal((await asked('any.test.')).flags.tc, true);
  });

  it('turns cookies on and off', async () => {
    const withCookie = { edns: edns({ options: [{ code: optionCodes.cookie, data: new Uint8Array(8) }] }) };
    const cookieOctets = async (): Promise<number | undefined> => {
      const { edns } = await asked('any.test.', withCookie);
      return edns?.options.find(({ code }) => code === optionCodes.cookie)?.data.length;
    };
    assert.equal(await cookieOctets(), undefined);
    const secretFile = await fileOf('cookies', secret);
    await reloadWith({ clients: clientsSchema.parse({ cookies: { secretFile } }) });
    assert.equal(await cookieOctets(), 24);
    await reloadWith({});
    assert.equal(await cookieOctets(), undefined);
  });

  it('blocks by the lists that the new configuration names', async () => {
    const [first, second] = [await fileOf('first', 'bad.test'), await fileOf('second', 'worse.test')];
    const rcodesOf = async (): Promise<number[]> => [
      (await asked('bad.test.')).rcode,
      (await asked('worse.test.')).rcode,
    ];
    assert.deepEqual(await rcodesOf(), [rcodes.NOERROR, rcodes.NOERROR]);
    const report = await reloadWith(blocked(first));
    assert.deepEqual([report.changed, report.needsRestart], [['resolver.names'], []]);
    assert.deepEqual(await rcodesOf(), [rcodes.NXDOMAIN, rcodes.NOERROR]);
    await reloadWith(blocked(second));
    assert.deepEqual(await rcodesOf(), [rcodes.NOERROR, rcodes.NXDOMAIN]);
    await reloadWith({});
    assert.deepEqual(await rcodesOf(), [rcodes.NOERROR, rcodes.NOERROR]);
  });

  it('is refused where a file that it names anew cannot be used, and changes nothing then', async () => {
    await reloadWith(blocked(await fileOf('list', 'bad.test')));
    const missing = { ...blocked(join(folder, 'missing')), version: 'no' };
    await assert.rejects(reloadWith(missing), { code: 'environment', message: /missing/ });
    const secretFile = await fileOf('short', 'abcd');
    const clients = clientsSchema.parse({ cookies: { secretFile } });
    await assert.rejects(reloadWith({ clients, version: 'no' }), { message: /short/ });
    assert.equal((await asked('bad.test.')).rcode, rcodes.NXDOMAIN);
    assert.notEqual((await resolver.dig('CH', 'TXT', 'version.bind')).status, 'NOERROR');
  });
});
