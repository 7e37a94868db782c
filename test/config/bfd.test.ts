/** Where BFD is spoken. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bfdBetween } from '../../src/config/bfd.ts';
import { parseConfig } from '../../src/config/load-config.ts';
import { peeringYaml } from '../support/peering.ts';

function bfdOf(yaml: string) {
  const config = parseConfig(yaml, 'anycast.yaml', { checks: {}, drivers: ['bird', 'gobgp'] });
  const [neighbour] = config.pops.fra?.neighbours ?? [];
  assert(config.pops.fra && neighbour);
  return bfdBetween(config.pops.fra, neighbour, config);
}

describe('BFD between a PoP and a neighbour', () => {
  it('is what bgp.bfd says', () => {
    assert.deepEqual(bfdOf(peeringYaml), { interval: 100, multiplier: 3 });
    assert.equal(bfdOf(peeringYaml.replace('checks: {}', 'checks: {}\nbgp: { bfd: off }')), 'off');
  });

  it('is off where the PoP runs GoBGP, or the neighbour has none', () => {
    assert.equal(bfdOf(peeringYaml.replace('routerId:', 'driver: gobgp\n    routerId:')), 'off');
    assert.equal(bfdOf(peeringYaml.replace('asn: 64501', 'asn: 64501\n        bfd: off')), 'off');
  });
});
