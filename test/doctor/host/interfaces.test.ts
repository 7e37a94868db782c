import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outwardOf, parseInterfaces, placesOf } from '../../../src/doctor/host/interfaces.ts';
import { parseRoute } from '../../../src/doctor/host/route-to.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { captured } from '../captured.ts';

const address = (text: string) => parseIpAddress(text) as NonNullable<ReturnType<typeof parseIpAddress>>;
const interfaces = parseInterfaces(captured('ip-address.json'));

describe('interfaces as ip(8) shows them', () => {
  it('have their addresses with prefix length, scope and state', () => {
    const [place, ...more] = placesOf(address('203.0.113.53'), interfaces);
    assert.equal(more.length, 0);
    assert.equal(place?.on.name, 'lo');
    assert.deepEqual(
      { ...place?.as, address: place?.as.address.text },
      { address: '203.0.113.53', prefixLength: 32, scope: 'global', state: 'usable' },
    );
  });

  it('lead out when they are up, have an address and are not lo', () => {
    assert.deepEqual(
      outwardOf(interfaces).map(({ name, mtu, usesArp }) => ({ name, mtu, usesArp })),
      [{ name: 'up0', mtu: 1500, usesArp: true }],
    );
  });

  it('hold an address that failed duplicate address detection as a duplicate, which is tentative too', () => {
    const shown = [
      {
        ifname: 'up0',
        flags: ['UP'],
        addr_info: [{ local: '2001:db8::1', prefixlen: 64, tentative: true, dadfailed: true }],
      },
    ];
    assert.equal(parseInterfaces(JSON.stringify(shown))[0]?.addresses[0]?.state, 'duplicate');
  });
});

describe('a route as ip(8) looks it up', () => {
  it('names the interface, and says whether a router stands between', () => {
    assert.deepEqual(parseRoute(captured('ip-route.json')), { interface: 'up0', viaRouter: false });
    assert.deepEqual(parseRoute('[{"dst":"192.0.2.1","gateway":"198.18.1.5","dev":"up0"}]'), {
      interface: 'up0',
      viaRouter: true,
    });
  });
});
