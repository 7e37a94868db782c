import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import type { AnycastConfig } from '../../src/config/anycast-config.ts';
import { threeContinents } from '../../src/lab/topologies/three-continents.ts';
import { topologies } from '../../src/lab/topologies.ts';
import type { Topology } from '../../src/lab/topology.ts';
import { checkTopology } from '../../src/lab/topology-rules.ts';
import { Fault } from '../../src/system/fault.ts';

const config = await loadDeployment('anycast.yaml');

function complaint(topology: Topology, withConfig: AnycastConfig = config): string {
  try {
    checkTopology(topology, withConfig);
  } catch (error) {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'config-invalid');
    assert.ok(error.hint);
    return error.message;
  }
  return 'no complaint';
}

function withNetworks(networks: Topology['networks']): Topology {
  return { ...threeContinents, networks: { ...threeContinents.networks, ...networks } };
}

describe('a topology', () => {
  for (const topology of topologies) {
    it(`${topology.name} fits the deployment of the repository`, () => {
      assert.equal(complaint(topology), 'no complaint');
    });
  }

  it('is refused when two networks have one AS number', () => {
    const doubled = withNetworks({ hosting: { role: 'hosting', asn: 64501, index: 7 } });
    assert.match(complaint(doubled), /'hosting': AS 64501 is also the AS of 'isp-eu'/);
  });

  it('is refused when a network has an AS number of the Internet or of the service', () => {
    assert.match(
      complaint(withNetworks({ hosting: { role: 'hosting', asn: 3333, index: 7 } })),
      /neither a documentation nor a private AS/,
    );
    assert.match(
      complaint(withNetworks({ hosting: { role: 'hosting', asn: 64500, index: 7 } })),
      /AS 64500 is the service's own/,
    );
  });

  it('is refused when two networks have one block', () => {
    const doubled = withNetworks({ hosting: { role: 'hosting', asn: 64507, index: 1 } });
    assert.match(complaint(doubled), /index 1, and so 198\.18\.1\.0\/24, also belongs to 'isp-eu'/);
  });

  it("is refused when a router has a PoP's router id", () => {
    const { fra } = config.pops;
    assert.ok(fra);
    const routerId = { ...fra.routerId, text: '198.18.7.1' };
    const moved = { ...config, pops: { ...config.pops, fra: { ...fra, routerId } } };
    assert.match(complaint(threeContinents, moved), /router id 198\.18\.7\.1 is also that of PoP fra/);
  });

  it('is refused when a relation names an unknown network, with the nearest one', () => {
    const mistyped: Topology = {
      ...threeContinents,
      relations: [...threeContinents.relations, { customer: 'isp-ue', provider: 'transit-a' }],
    };
    assert.match(complaint(mistyped), /no network 'isp-ue' .*did you mean 'isp-eu'\?/);
  });

  it('is refused when two networks are linked twice, or one is its own provider from afar', () => {
    const twice: Topology = {
      ...threeContinents,
      relations: [...threeContinents.relations, { peers: ['isp-eu', 'transit-a'] }],
    };
    assert.match(complaint(twice), /isp-eu and transit-a are linked twice/);
    const circle: Topology = {
      ...threeContinents,
      relations: [...threeContinents.relations, { customer: 'transit-a', provider: 'access-eu' }],
    };
    assert.match(complaint(circle), /'transit-a' is a customer of its own customers/);
  });

  it('is refused when a name is taken, too long for an interface, or means something else', () => {
    const clients = { fra: { network: 'access-eu' }, 'client-of-europe': { network: 'access-eu' } };
    const text = complaint({ ...threeContinents, clients: { ...clients, lo: { network: 'access-eu' } } });
    assert.match(text, /client 'fra' has the name of a PoP/);
    assert.match(text, /client 'client-of-europe': a node's name is .* at most 15/);
    assert.match(text, /client 'lo'/);
  });

  it('is refused when a nameserver serves an unknown zone', () => {
    const nameservers = { 'ns-x': { network: 'hosting', zones: ['plan.test.'] } };
    assert.match(
      complaint({ ...threeContinents, nameservers }),
      /no zone 'plan\.test\.': did you mean 'plain\.test\.'/,
    );
  });

  it('is refused when anycast.yaml connects a PoP otherwise, saying what the addresses are', () => {
    const { fra } = config.pops;
    const [neighbour] = fra?.neighbours ?? [];
    const [session] = neighbour?.sessions ?? [];
    assert.ok(fra && neighbour && session);
    const changed = (change: Partial<typeof neighbour>): AnycastConfig => ({
      ...config,
      pops: { ...config.pops, fra: { ...fra, neighbours: [{ ...neighbour, ...change }] } },
    });
    assert.match(
      complaint(threeContinents, changed({ name: 'isp-xx' })),
      /'isp-eu' is missing[\s\S]*'isp-xx' is not one/,
    );
    assert.match(
      complaint(threeContinents, changed({ asn: 64510 })),
      /'isp-eu' is AS 64501 in the topology, not AS 64510/,
    );
    const swapped = { local: session.remote, remote: session.local };
    assert.match(
      complaint(threeContinents, changed({ sessions: [swapped] })),
      /the addresses are 198\.18\.1\.6 and 198\.18\.1\.5/,
    );
  });

  it('is refused when one of its PoPs is not in anycast.yaml', () => {
    const { fra: _, ...pops } = config.pops;
    assert.match(complaint(threeContinents, { ...config, pops }), /PoP 'fra' is not in the configuration/);
  });
});
