import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver, type TestResolver } from '../../resolver/test-resolver.ts';

describe('RFC 4892, which server answers', () => {
  let resolver: TestResolver;
  before(async () => {
    resolver = await openTestResolver(testDeployment({ resolver: ['version: anycast'] }));
  });
  after(() => resolver[Symbol.asyncDispose]());

  it('section 2: id.server and hostname.bind in CH TXT are the name of the PoP, in any letter case', async () => {
    for (const name of ['id.server', 'hostname.bind', 'ID.Server'])
      assert.deepEqual((await resolver.dig('CH', 'TXT', name)).answers, [`${name}. 0 CH TXT "fra"`]);
  });

  it('section 2: they are told without RD, as the answer of an authority, and with TTL 0', async () => {
    const dug = await resolver.dig('+norecurse', 'CH', 'TXT', 'id.server');
    assert.equal(dug.status, 'NOERROR');
    assert.ok(dug.flags.includes('aa'));
  });

  it('section 3: version.bind is told when the configuration says what, and refused when not', async () => {
    assert.deepEqual((await resolver.dig('CH', 'TXT', 'version.bind')).answers, [
      'version.bind. 0 CH TXT "anycast"',
    ]);
    await using silent = await openTestResolver(testDeployment());
    assert.equal((await silent.dig('CH', 'TXT', 'version.bind')).status, 'REFUSED');
  });

  it('other names of the class are refused, other types of these have no data', async () => {
    assert.equal((await resolver.dig('CH', 'TXT', 'authors.bind')).status, 'REFUSED');
    const nodata = await resolver.dig('CH', 'A', 'id.server');
    assert.deepEqual([nodata.status, nodata.answers], ['NOERROR', []]);
  });
});
