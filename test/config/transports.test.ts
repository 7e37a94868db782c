import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnycastConfig } from '../../src/config/anycast-config.ts';
import { parseConfig } from '../../src/config/load-config.ts';
import { Fault } from '../../src/system/fault.ts';

function parse(transports: string, resolver = ''): AnycastConfig {
  const text = `
service: { addresses: [203.0.113.53], asn: 64500 }
resolver: { transports: ${transports}${resolver} }
checks: {}
telemetry: { resolverPort: 9053, agentPort: 9054 }
pops:
  fra:
    management: [198.51.100.1]
    routerId: 198.51.100.1
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.1, remote: 198.51.100.2 }] }]
`;
  return parseConfig(text, 'anycast.yaml', { checks: {}, drivers: ['bird'] });
}

function complaint(transports: string, resolver = ''): string {
  try {
    parse(transports, resolver);
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'config-invalid');
    return error.message;
  }
  return assert.fail('no complaint');
}

const tls = 'tls: { certificate: /etc/anycast/tls.pem, key: /etc/anycast/tls.key }';

describe('resolver.transports', () => {
  it('has neither DoT nor DoH nor proxies unless told, and standard ports and path then', () => {
    const { transports } = parse('{}').resolver;
    assert.deepEqual(transports, { connections: { total: 1024, perClient: 64, idleTimeout: 10_000 } });
    const { dot, doh, proxy } = parse(`{ ${tls}, dot: {}, doh: {}, proxy: { from: [192.0.2.0/24] } }`)
      .resolver.transports;
    assert.deepEqual([dot, doh], [{ port: 853 }, { port: 443, path: '/dns-query' }]);
    assert.equal(proxy?.from[0]?.text, '192.0.2.0/24');
  });

  it('needs a certificate for DoT and DoH', () => {
    assert.match(complaint('{ dot: {} }'), /transports\.dot: dot needs tls/);
    assert.match(complaint('{ doh: {} }'), /transports\.doh: doh needs tls/);
  });

  it('gives each port once', () => {
    assert.match(complaint(`{ ${tls}, dot: { port: 443 }, doh: {} }`), /doh\.port: 443 is also .*dot\.port/);
    assert.match(
      complaint(`{ ${tls}, dot: { port: 5353 } }`, ', port: 5353'),
      /dot\.port: 5353 is also resolver\.port/,
    );
    assert.match(complaint(`{ ${tls}, doh: { port: 9053 } }`), /9053 is also telemetry\.resolverPort/);
  });

  it('takes whole paths of files, plain paths of resources, and at least one proxy', () => {
    assert.match(
      complaint('{ tls: { certificate: tls.pem, key: /etc/tls.key }, dot: {} }'),
      /write the whole path/,
    );
    for (const path of ['dns-query', '/dns-query{?dns}', '/a?b', '/a%20b'])
      assert.match(complaint(`{ ${tls}, doh: { path: '${path}' } }`), /a path is a slash/);
    assert.match(complaint('{ proxy: { from: [] } }'), /proxy\.from/);
  });
});
