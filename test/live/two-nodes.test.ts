/**
 * Several nodes at one site: one client's flows are shared among them, and a sick node loses its share to the others.
 *
 * Between namespaces a packet brings its socket's own hash along, and the kernel takes that for the hash of addresses and
 * ports (fib_multipath_hash, skb->l4_hash). So a flow is a socket here: the same port asked again may go elsewhere.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type LabUnderTest, openLabUnderTest } from './support/lab-under-test.ts';
import { twoNodes, twoNodesConfig } from './support/two-nodes.ts';

const nodes = ['fra-a', 'fra-b'];
const families = { v4: ['203.0.113.53', '198.18.2.6'], v6: ['2001:db8:53::53', '2001:db8:2:1::2'] } as const;

/** Flows of one round, each from a port of its own: the chance that a fair hash puts all on one node is 2 in 2^32. */
const flows = 32;
const firstPort = 20_000;

describe('a site of two nodes', () => {
  let test: LabUnderTest;
  before(async () => {
    test = await openLabUnderTest('two-nodes', { topology: twoNodes, config: twoNodesConfig });
  });
  after(async () => await test?.[Symbol.asyncDispose]());

  /** Who answers each of one client's flows, by id.server. */
  async function answerers([service, client]: readonly [string, string], from: number): Promise<string[]> {
    const script = `
      for port in $(seq ${from} ${from + flows - 1}); do
        dig +short +tries=1 +time=2 -b "$1#$port" "@$0" CH TXT id.server
      done`;
    const { stdout } = await test.lab.exec('client', ['sh', '-c', script, service, client]);
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, flows, stdout);
    return lines.map(line => line.replaceAll('"', ''));
  }

  for (const [family, addresses] of Object.entries(families)) {
    it(`shares the flows of one client over ${family}`, async () => {
      assert.deepEqual([...new Set(await answerers(addresses, firstPort))].sort(), nodes);
    });

    it(`leaves a connection over ${family} with its node`, async () => {
      const question = [`@${addresses[0]}`, 'CH', 'TXT', 'id.server'];
      for (let connection = 0; connection < 8; connection += 1) {
        const questions = Array<string[]>(8).fill(question).flat();
        const { stdout } = await test.lab.exec('client', [
          'dig',
          '+tcp',
          '+keepopen',
          '+short',
          ...questions,
        ]);
        const lines = stdout.trim().split('\n');
        assert.deepEqual([lines.length, new Set(lines).size], [8, 1], stdout);
      }
    });
  }

  it('has one best path where nobody asked for several', async () => {
    for (const family of ['-4', '-6']) {
      const { stdout } = await test.lab.exec('access', ['ip', family, 'route', 'show', 'proto', 'bird']);
      assert.doesNotMatch(stdout, /nexthop/);
    }
    const { stdout } = await test.lab.exec('edge', ['ip', 'route', 'show', '203.0.113.53']);
    assert.match(stdout, /nexthop via 198\.18\.1\.6 .*\n\s*nexthop via 198\.18\.1\.10 /);
  });

  it('has all flows answered by the other node when the resolver of one is killed', async () => {
    await test.lab.signalProcess('fra-a', 'resolver', 'SIGKILL');
    await eventually(async () => {
      const { stdout } = await test.lab.exec('edge', ['ip', '-o', 'route', 'show', '203.0.113.53']);
      assert.doesNotMatch(stdout, /198\.18\.1\.6/);
    });
    for (const addresses of Object.values(families))
      assert.deepEqual([...new Set(await answerers(addresses, firstPort))], ['fra-b']);
    await test.lab.startProcess('fra-a', 'resolver');
    for (const addresses of Object.values(families))
      await eventually(
        async () => assert.deepEqual([...new Set(await answerers(addresses, firstPort))].sort(), nodes),
        { within: 15_000 },
      );
  });
});
