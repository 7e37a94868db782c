import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import { makePlan } from '../../src/lab/make-plan.ts';
import type { NodePlan } from '../../src/lab/plan.ts';
import type { PlanSettings } from '../../src/lab/plan-context.ts';
import { threeContinents } from '../../src/lab/topologies/three-continents.ts';
import { topologies } from '../../src/lab/topologies.ts';
import { run } from '../../src/system/run.ts';

const config = await loadDeployment('anycast.yaml');
const settings: PlanSettings = {
  runRoot: '/run/anycast-lab',
  anycast: ['anycast'],
  configPath: '/etc/anycast.yaml',
  birdConfigs: 'bird-configs',
  seed: 'seed',
};
const plan = makePlan(threeContinents, config, settings);
const scratch = await mkdtemp(join(tmpdir(), 'transit-'));
after(() => rm(scratch, { recursive: true }));

function node(name: string): NodePlan {
  const found = plan.nodes.find(each => each.name === name);
  assert.ok(found, `no node ${name}`);
  return found;
}

function fileOf(name: string, file: string): string {
  const found = node(name).files.find(({ path }) => path.endsWith(`/${file}`));
  assert.ok(found, `${name} has no ${file}`);
  return found.text;
}

async function birdSays(rules: string): Promise<string> {
  // Debian keeps bird where an ordinary user's PATH does not look.
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  const { exitCode, stderr } = await run(['bird', '-p', '-c', rules], { env });
  return exitCode === 0 ? 'valid' : stderr;
}

describe('the plan of three-continents', () => {
  it('is plain data: it is the same after a journey as JSON', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  });

  it('gives every address to one interface only', () => {
    const all = plan.nodes.flatMap(each => [
      ...each.loopback,
      ...each.interfaces.flatMap(({ addresses }) => addresses),
    ]);
    const bare = all.map(text => text.split('/')[0]);
    assert.equal(new Set(bare).size, bare.length);
  });

  it("puts each PoP's end of its link where anycast.yaml says, with a default route to its neighbour", () => {
    for (const [name, pop] of Object.entries(config.pops)) {
      const own = node(name).interfaces.flatMap(({ addresses }) => addresses);
      assert.deepEqual(
        own.map(text => text.split('/')[0]),
        pop.management.map(({ text }) => text),
      );
      assert.deepEqual(
        node(name).routes.map(({ via }) => via),
        pop.neighbours[0]?.sessions.map(({ remote }) => remote.text),
      );
    }
  });

  it('puts the nameservers where anycast.yaml forwards to', () => {
    const served = ['ns-root', 'ns-tld', 'ns-leaf'].flatMap(name =>
      node(name).interfaces.flatMap(({ addresses }) => addresses.map(text => text.split('/')[0])),
    );
    for (const { zone, upstreams } of config.resolver.forward)
      for (const {
        address: { text },
      } of upstreams)
        assert.ok(served.includes(text), `${zone} is forwarded to ${text}`);
  });

  it('waits for each BGP session once, each service address of each PoP, each client in both families', () => {
    const { sessions, announcements, answers } = plan.readiness;
    const bgpLinks = plan.links.filter(({ ends }) =>
      ends.every(end => ['router', 'pop'].includes(node(end.node).role)),
    );
    assert.equal(sessions.length, bgpLinks.length * 2);
    assert.equal(announcements.length, 6);
    assert.equal(answers.length, 6);
  });

  it('gives zone and parent the same key, from the seed alone', () => {
    const ds = fileOf('ns-leaf', 'signed.test.zone.ds').trim().split(' ').slice(3).join(' ');
    assert.ok(fileOf('ns-tld', 'test.zone').includes(`signed.test. DS ${ds}`));
    assert.deepEqual(makePlan(threeContinents, config, settings), plan);
    assert.notDeepEqual(makePlan(threeContinents, config, { ...settings, seed: 'other' }), plan);
  });
});

describe('bird-configs/transit', () => {
  it('is valid for bird -p as it stands', async () => {
    assert.equal(await birdSays('bird-configs/transit/bird.conf'), 'valid');
  });

  for (const file of ['site.conf', 'neighbours.conf']) {
    it(`${file} is what three-continents gives isp-eu`, async () => {
      assert.equal(await readFile(`bird-configs/transit/${file}`, 'utf8'), fileOf('isp-eu', file));
    });
  }

  for (const topology of topologies) {
    it(`is valid with the generated parts of every router of ${topology.name}`, async () => {
      const routers = makePlan(topology, config, settings).nodes.filter(({ role }) => role === 'router');
      for (const router of routers) {
        const directory = join(scratch, router.name);
        await cp('bird-configs/transit', directory, { recursive: true });
        for (const { path, text } of router.files)
          await writeFile(join(directory, path.replace(/^.*\//, '')), text);
        assert.equal(await birdSays(join(directory, 'bird.conf')), 'valid', router.name);
      }
    });
  }

  it('gives the neighbour of a PoP the password and the GTSM that the PoP is configured with', () => {
    const { fra } = config.pops;
    assert.ok(fra);
    const neighbours = fra.neighbours.map(each => ({ ...each, ttlSecurity: true, password: 'back\\slash' }));
    const guarded = { ...config, pops: { ...config.pops, fra: { ...fra, neighbours } } };
    const router = makePlan(threeContinents, guarded, settings).nodes.find(({ name }) => name === 'isp-eu');
    const text = router?.files.find(({ path }) => path.endsWith('/neighbours.conf'))?.text ?? '';
    const guards = / {2}ttl security on;\n {2}password "back\\slash";/g;
    assert.equal(text.match(guards)?.length, 2, 'one session for each family');
  });

  it('speaks BFD with the PoPs whose router has it, and with no other', () => {
    const speaksBfd = (router: string, pop: string): boolean[] =>
      [4, 6].map(family => {
        const [, block = ''] = fileOf(router, 'neighbours.conf').split(`protocol bgp ${pop}_v${family} `);
        return (block.split('\n}')[0] ?? '').includes('bfd {');
      });
    assert.deepEqual(speaksBfd('isp-eu', 'fra'), [true, true]);
    assert.deepEqual(speaksBfd('isp-as', 'sin'), [false, false], 'sin runs GoBGP');
    assert.deepEqual(speaksBfd('isp-as', 'access_as'), [true, true]);
  });

  it('lets a customer announce its own cone and nothing else', () => {
    const contractOf = (router: string, protocol: string): string => {
      const block = fileOf(router, 'neighbours.conf').split(`protocol bgp ${protocol} `)[1] ?? '';
      return /from_customer\((.*?)\)/.exec(block)?.[1] ?? '';
    };
    assert.equal(contractOf('isp-eu', 'access_eu_v4'), '[ 198.18.4.0/24 ]');
    assert.equal(contractOf('isp-eu', 'fra_v6'), '[ 2001:db8:53::/48{48,128} ]');
    assert.equal(
      contractOf('transit-a', 'isp_eu_v4'),
      '[ 198.18.1.0/24, 203.0.113.0/24{24,32}, 198.18.4.0/24 ]',
    );
  });
});
