/** A PoP and its neighbour on one link: two nodes of a sandbox, a real BIRD at the neighbour that believes all it hears. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PopSlice } from '../../src/config/anycast-config.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { prepareRouter } from '../../src/sidecar/prepare-router.ts';
import type { RouterKind } from '../../src/sidecar/router.ts';
import { birdRouter } from '../../src/sidecar/routers/bird.ts';
import { gobgpRouter } from '../../src/sidecar/routers/gobgp.ts';
import { runOrThrow } from '../../src/system/run.ts';
import { eventually } from './eventually.ts';
import { openSandbox, type Sandbox, type SandboxProcess } from './sandbox.ts';

export const peeringYaml = `
service:
  addresses: [203.0.113.53, "2001:db8:53::53"]
  fallback: [203.0.113.0/24, "2001:db8:53::/48"]
  asn: 64500
resolver:
  forward: [{ zone: ., upstreams: [198.18.7.6] }]
checks: {}
pops:
  fra:
    management: [198.18.1.6, "2001:db8:1:1::2"]
    routerId: 198.18.1.6
    neighbours:
      - name: isp-eu
        asn: 64501
        ttlSecurity: true
        password: correct horse
        sessions:
          - { local: 198.18.1.6, remote: 198.18.1.5 }
          - { local: "2001:db8:1:1::2", remote: "2001:db8:1:1::1" }
`;

export const fallback: readonly string[] = ['2001:db8:53::/48', '203.0.113.0/24'];

/** Imports everything and keeps it with its attributes: what arrives here has left the PoP. It sends a route of its own. */
const neighbourConfig = `
router id 198.18.1.5;
log stderr all;
protocol device { }
protocol static own4 { ipv4; route 198.51.100.0/24 blackhole; }
protocol static own6 { ipv6; route 2001:db8:51::/48 blackhole; }
protocol bfd { accept direct; interface "*" { min rx interval 100 ms; min tx interval 100 ms; multiplier 3; }; }
template bgp customer {
  local role provider;
  bfd on;
  ttl security on;
  password "correct horse";
  connect delay time 1;
  connect retry time 1;
  error wait time 1, 1;
}
protocol bgp pop_v4 from customer {
  local 198.18.1.5 as 64501; neighbor 198.18.1.6 as 64500;
  ipv4 { import all; export all; };
}
protocol bgp pop_v6 from customer {
  local 2001:db8:1:1::1 as 64501; neighbor 2001:db8:1:1::2 as 64500;
  ipv6 { import all; export all; };
}
`;

export interface Peering extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly slice: PopSlice;
  /** The PoP's run directory. */
  readonly runDirectory: string;
  /** Where the PoP's anycast.yaml stands. */
  readonly configPath: string;
  /** Starts the PoP's BIRD with fresh files, as the sidecar does, and waits for both sessions. */
  startBird(): Promise<SandboxProcess>;
  /** The same with GoBGP, its fallback prefixes announced. */
  startGobgp(): Promise<SandboxProcess>;
  /** The prefixes the neighbour has from the PoP, sorted. */
  neighbourPrefixes(): Promise<string[]>;
  /** What the neighbour's birdc prints. */
  askNeighbour(command: string): Promise<string>;
  /** Resolves when all sessions stand. */
  established(): Promise<void>;
}

export interface PeeringOptions {
  /** The PoP's anycast.yaml. */
  readonly yaml?: string;
  /** More of the neighbour's configuration. */
  readonly neighbour?: string;
}

export async function openPeering({
  yaml = peeringYaml,
  neighbour = '',
}: PeeringOptions = {}): Promise<Peering> {
  const sandbox = await openSandbox();
  const folder = await mkdtemp(join(tmpdir(), 'anycast-peering-'));
  const neighbourFile = join(folder, 'neighbour.conf');
  const neighbourSocket = join(folder, 'neighbour.ctl');
  const runDirectory = join(folder, 'run');
  const configPath = join(folder, 'anycast.yaml');
  await writeFile(configPath, yaml);
  await writeFile(neighbourFile, neighbourConfig + neighbour);
  const slice = popOf(parseConfig(yaml, configPath, { checks: {}, drivers: ['bird'] }), 'fra');
  await makeLink(sandbox);
  sandbox.spawn(['bird', '-f', '-c', neighbourFile, '-s', neighbourSocket], 'isp');
  const askNeighbour = (command: string) =>
    runOrThrow(['birdc', '-s', neighbourSocket, ...(command.split(' ') as [string, ...string[]])]);
  await eventually(() => askNeighbour('show status'));
  const established = async (): Promise<void> => {
    // Two seconds are BIRD's own: it waits one before it connects, and neither side is first for sure.
    await eventually(
      async () => {
        const text = await askNeighbour('show protocols');
        const sessions = text.split('\n').filter(line => / BGP /.test(line));
        if (!sessions.every(line => line.includes('Established'))) throw new Error(text);
      },
      // GoBGP waits five after a session ended, and up to ten before it calls itself.
      { within: 30_000 },
    );
  };
  const start = async (router: RouterKind): Promise<SandboxProcess> => {
    const signal = AbortSignal.timeout(10_000);
    await prepareRouter(router, slice, { runDirectory, signal });
    const process = sandbox.spawn(router.argv(runDirectory), 'pop');
    await eventually(async () => {
      if (!(await router.isReady(runDirectory, signal))) throw new Error(process.output.join('\n'));
    });
    await router.afterStart?.(runDirectory, signal);
    await established();
    return process;
  };
  return {
    sandbox,
    slice,
    runDirectory,
    configPath,
    askNeighbour,
    established,
    startBird: () => start(birdRouter),
    startGobgp: () => start(gobgpRouter),
    async neighbourPrefixes() {
      const text = await askNeighbour('show route where source = RTS_BGP');
      return [...text.matchAll(/^([0-9a-f.:]+\/\d+)\s/gm)].map(([, prefix = '']) => prefix).sort();
    },
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeLink(sandbox: Sandbox): Promise<void> {
  const script = `
    set -e
    ip netns add pop
    ip netns add isp
    ip link add up0 netns pop type veth peer down0 netns isp
    ip -n pop link set lo up
    ip -n isp link set lo up
    ip -n pop address add 203.0.113.53/32 dev lo
    ip -n pop address add 198.18.1.6/30 dev up0
    ip -n isp address add 198.18.1.5/30 dev down0
    ip -n pop address add 2001:db8:1:1::2/64 dev up0 nodad
    ip -n isp address add 2001:db8:1:1::1/64 dev down0 nodad
    ip -n pop link set up0 up
    ip -n isp link set down0 up`;
  const result = await sandbox.exec(['sh', '-c', script]);
  if (result.exitCode !== 0) throw new Error(result.stderr);
}
