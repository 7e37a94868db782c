import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { a, query } from '../../messages.ts';
import { openUpstream, replyTo } from '../../scripted-upstream.ts';
import { testDeployment } from '../../test-deployment.ts';
import { ask, openTestResolver } from '../../test-resolver.ts';
import { filterFolder, policyZone } from './filter-folder.ts';

describe('a resolver with a policy zone', () => {
  it('tells dig why, drops what is to be dropped, and follows the file without a restart, cached names included', async () => {
    await using folder = await filterFolder({
      'rpz.example': policyZone('bad.test CNAME .', 'drop.test CNAME rpz-drop.'),
    });
    const deployment = testDeployment({
      resolver: [`names: { specialUse: { except: [test.] }, ${folder.rpz('rpz.example')} }`],
    });
    await using _upstream = await openUpstream(
      deployment.upstreams[0],
      deployment.upstreamPort,
      ({ query: asked, send }) => send(replyTo(asked, { answers: [a('later.test.', '198.51.100.1')] })),
    );
    await using resolver = await openTestResolver(deployment);
    const blocked = await resolver.dig('bad.test');
    assert.equal(blocked.status, 'NXDOMAIN');
    assert.match(blocked.text, /EDE: 15 \(Blocked\)/);
    const to = { address: deployment.service, port: deployment.port };
    await assert.rejects(ask(query('drop.test.'), { ...to }), { name: 'AbortError' });
    assert.equal((await resolver.dig('later.test')).status, 'NOERROR');
    await folder.write('rpz.example', policyZone('later.test CNAME .'));
    await eventually(async () => assert.equal((await resolver.dig('later.test')).status, 'NXDOMAIN'), {
      within: 10_000,
    });
    assert.equal((await resolver.dig('localhost')).answers[0], 'localhost. 10800 IN A 127.0.0.1');
  });
});
