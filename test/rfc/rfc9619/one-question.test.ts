import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rcodes } from '../../../src/dns/rcode.ts';
import { query, question } from '../../resolver/messages.ts';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { ask, openTestResolver } from '../../resolver/test-resolver.ts';

describe('RFC 9619, exactly one question', () => {
  it('section 4: two questions, or none, get FORMERR', async () => {
    const deployment = testDeployment();
    await using _resolver = await openTestResolver(deployment);
    const to = { address: deployment.service, port: deployment.port };
    for (const questions of [[question('a.test.'), question('b.test.')], []]) {
      const reply = await ask({ ...query('a.test.'), questions }, to);
      assert.deepEqual([reply.rcode, reply.questions.length], [rcodes.FORMERR, 0]);
    }
  });
});
