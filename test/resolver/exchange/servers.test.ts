import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Servers } from '../../../src/resolver/exchange/servers.ts';
import { ip } from './authorities-under-test.ts';

const sources = { 4: ip('198.51.100.1') };

describe('the servers that are remembered', () => {
  it('are one per address, and none of a family that we have no address of', () => {
    const servers = new Servers({ sources, port: 53 });
    assert.equal(servers.at(ip('198.51.100.7')), servers.at(ip('198.51.100.7')));
    assert.equal(servers.at(ip('2001:db8::1')), undefined);
  });

  it('are so many: the one that was not needed for longest goes, unless it is being asked', () => {
    const servers = new Servers({ sources, port: 53, capacity: 3 });
    const [first, second, third] = [1, 2, 3].map(last => servers.at(ip(`203.0.113.${last}`)));
    servers.at(ip('203.0.113.1'));
    if (second) second.underWay = 1;
    servers.at(ip('203.0.113.4'));
    assert.equal(servers.size, 3);
    assert.equal(servers.at(ip('203.0.113.1')), first);
    assert.equal(servers.at(ip('203.0.113.2')), second);
    assert.notEqual(servers.at(ip('203.0.113.3')), third);
  });

  it('make their family silent after eight silences in a row', () => {
    const servers = new Servers({ sources, port: 53 });
    for (let silence = 0; silence < 8; silence += 1) {
      assert.equal(servers.isSilent(4), false);
      servers.heardOf(4, false);
    }
    assert.deepEqual([servers.isSilent(4), servers.isSilent(6)], [true, false]);
    servers.heardOf(4, true);
    assert.equal(servers.isSilent(4), false);
  });
});
