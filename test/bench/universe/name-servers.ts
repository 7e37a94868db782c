/** The NSDs of a closed DNS: one for the root, one for test., one for all zones below. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { query } from '../../resolver/messages.ts';
import { eventually } from '../../support/eventually.ts';
import { openAsker } from './asker.ts';
import { cores } from './namespace.ts';
import { startProgram } from './program.ts';
import { leafZones, places, rootZones, tldZones, type UniverseShape, type Zones } from './zones.ts';

/** Milliseconds for one to read its zones. */
const startsWithinMs = 30_000;

export async function openNameServers(folder: string, shape: UniverseShape): Promise<AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const servers = [
    { label: 'root', addresses: [places.root], zones: rootZones(shape) },
    { label: 'tld', addresses: [places.tld], zones: tldZones(shape) },
    { label: 'leaves', addresses: places.leaves, zones: leafZones(shape) },
  ];
  for (const server of servers) parts.use(await openNsd(join(folder, server.label), server));
  const moved = parts.move();
  return { [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

interface NsdOptions {
  readonly addresses: readonly string[];
  readonly zones: Zones;
}

async function openNsd(folder: string, { addresses, zones }: NsdOptions): Promise<AsyncDisposable> {
  await mkdir(folder);
  const clauses: string[] = [];
  for (const [index, [zone, text]] of Object.entries(zones).entries()) {
    const path = join(folder, `${index}.zone`);
    await writeFile(path, text);
    clauses.push(`zone:\n  name: "${zone}"\n  zonefile: "${path}"\n`);
  }
  const path = join(folder, 'nsd.conf');
  const configuration = `
server:
${addresses.map(address => `  ip-address: ${address}@53\n`).join('')}  username: ""
  chroot: ""
  zonesdir: "${folder}"
  pidfile: ""
  xfrdfile: "${join(folder, 'xfrd.state')}"
  zonelistfile: "${join(folder, 'zone.list')}"
  database: ""
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
${clauses.join('')}`;
  await writeFile(path, configuration);
  await using parts = new AsyncDisposableStack();
  const nsd = parts.use(startProgram(cores.others, ['nsd', '-d', '-c', path]));
  const [zone = '.'] = Object.keys(zones);
  for (const address of addresses) {
    await using asker = await openAsker({ server: address, from: places.client });
    await eventually(
      async () => {
        if (!nsd.isRunning) throw new Error(nsd.output.join('\n'));
        const reply = await asker.ask(query(zone, 'SOA'), 500);
        if (reply?.message.answers[0]?.type !== recordTypes.SOA) throw new Error(`no SOA of ${zone}`);
      },
      { within: startsWithinMs },
    );
  }
  const moved = parts.move();
  return { [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
