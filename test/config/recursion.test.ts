import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testDeployment } from '../resolver/test-deployment.ts';

function complaint(recursion: string): string {
  try {
    testDeployment({ resolver: [`recursion: { ${recursion} }`] });
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}

describe('resolver.recursion', () => {
  it('takes root hints as a list or as the whole path of a file', () => {
    assert.equal(complaint('rootHints: [{ name: a.test., addresses: [192.0.2.1] }]'), '');
    assert.equal(complaint('rootHints: /etc/named.root'), '');
    assert.match(complaint('rootHints: named.root'), /recursion\.rootHints: write the whole path/);
  });

  it('names the key inside the list that is wrong', () => {
    assert.match(
      complaint('rootHints: [{ name: a.test., addresses: [192.0.2] }]'),
      /rootHints\.0\.addresses\.0: '192\.0\.2' is not an IP address/,
    );
    assert.match(
      complaint('rootHints: [{ name: a.test., addresses: [192.0.2.1], ttl: 5 }]'),
      /rootHints\.0\.ttl: unknown key/,
    );
    assert.match(
      complaint('rootHints: [{ name: a..test., addresses: [192.0.2.1] }]'),
      /is not a domain name/,
    );
  });
});
