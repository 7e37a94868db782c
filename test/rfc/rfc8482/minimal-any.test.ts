import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testDeployment } from '../../resolver/test-deployment.ts';
import { openTestResolver } from '../../resolver/test-resolver.ts';

describe('RFC 8482, minimal answers to ANY', () => {
  it('section 4.2: ANY gets one HINFO record that names this document', async () => {
    await using resolver = await openTestResolver(testDeployment());
    const dug = await resolver.dig('+notcp', 'ANY', 'www.test');
    assert.deepEqual(dug.answers, ['www.test. 3600 IN HINFO "RFC8482" ""']);
  });
});
