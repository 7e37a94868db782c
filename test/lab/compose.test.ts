import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { containerPlan } from '../../src/commands/inputs/container-plan.ts';
import { renderCompose } from '../../src/lab/compose/render-compose.ts';
import { wireNetwork } from '../../src/lab/compose/wire-network.ts';

interface Compose {
  readonly services: Readonly<
    Record<string, { networks?: Record<string, { ipv4_address: string }>; network_mode?: string }>
  >;
  readonly networks: Readonly<Record<string, { ipam: { config: { subnet: string }[] }; internal?: boolean }>>;
}

const plan = await containerPlan('three-continents', 'anycast.yaml');
const committed = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(committed) as Compose;

describe('docker-compose.yml', () => {
  it('is what the topology renders to (anycast lab compose > docker-compose.yml)', () => {
    assert.equal(committed, renderCompose(plan));
  });

  it('has one network per link, with room for two containers, none of them overlapping', () => {
    const subnets = Object.values(compose.networks).map(({ ipam }) => ipam.config[0]?.subnet ?? '');
    assert.equal(subnets.length, plan.links.length);
    assert.equal(new Set(subnets).size, subnets.length);
    assert.ok(subnets.every(subnet => /^100\.64\.\d+\.\d+\/29$/.test(subnet)));
    assert.ok(Object.values(compose.networks).every(({ internal }) => internal !== true));
  });

  it('connects each node to exactly the links of its plan', () => {
    for (const node of plan.nodes) {
      const connected = Object.keys(compose.services[node.name]?.networks ?? {}).sort();
      assert.deepEqual(connected, node.interfaces.map(({ link }) => link).sort(), node.name);
    }
  });

  it('runs a PoP’s processes in the network of the container that is named after it', () => {
    for (const process of ['sidecar', 'resolver', 'agent'])
      assert.equal(compose.services[`fra-${process}`]?.network_mode, 'service:fra');
  });

  it('gives the ends of the 300th link addresses of their own subnet', () => {
    const [link] = plan.links;
    assert.ok(link);
    assert.deepEqual(wireNetwork(link, 300).ends, ['100.64.9.98', '100.64.9.99']);
  });
});
