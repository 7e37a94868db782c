import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnycastConfig } from '../../src/config/anycast-config.ts';
import { parseConfig } from '../../src/config/load-config.ts';

function parse(resolver: string): AnycastConfig {
  const text = `
service: { addresses: [203.0.113.53], asn: 64500 }
resolver: { ${resolver} }
checks: {}
pops:
  fra:
    management: [198.51.100.1]
    routerId: 198.51.100.1
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.1, remote: 198.51.100.2 }] }]
`;
  return parseConfig(text, 'anycast.yaml', { checks: {}, drivers: ['bird'] });
}

describe('resolver.workers', () => {
  it('is a number of threads, none unless told', () => {
    assert.equal(parse('').resolver.workers, 0);
    assert.equal(parse('workers: 2').resolver.workers, 2);
    for (const wrong of ['-1', '1.5', '65', 'two'])
      assert.throws(() => parse(`workers: ${wrong}`), /workers/);
  });

  it('cannot be had with a tap of our own queries, which clients’ need not go without', () => {
    const tap = (keys: string): string => `dnstap: { file: /var/lib/anycast/tap${keys} }`;
    assert.throws(
      () => parse(`workers: 2, ${tap(', resolver: true')}`),
      /dnstap\.resolver.*set resolver\.workers to 0/,
    );
    assert.equal(parse(`workers: 2, ${tap('')}`).resolver.dnstap?.queries, true);
    assert.equal(parse(`workers: 0, ${tap(', resolver: true')}`).resolver.dnstap?.resolver, true);
  });
});
