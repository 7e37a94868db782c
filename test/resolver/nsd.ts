/** A real NSD with one zone, on one address. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../src/system/run.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface NsdOptions {
  readonly address: string;
  readonly port: number;
  /** Zone name to zone file text. */
  readonly zones: Readonly<Record<string, string>>;
  /** More lines of its `server` clause. */
  readonly server?: readonly string[];
}

export async function openNsd({ address, port, zones, server = [] }: NsdOptions): Promise<AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const zoneClauses = await Promise.all(
    Object.entries(zones).map(async ([zone, text], index) => {
      const path = join(folder.path, `${index}.zone`);
      await writeFile(path, text);
      return `zone:\n  name: "${zone}"\n  zonefile: "${path}"\n`;
    }),
  );
  const configuration = `
server:
  ip-address: ${address}@${port}
  username: ""
  chroot: ""
  zonesdir: "${folder.path}"
  pidfile: "${join(folder.path, 'nsd.pid')}"
  xfrdfile: "${join(folder.path, 'xfrd.state')}"
  zonelistfile: "${join(folder.path, 'zone.list')}"
  database: ""
  server-count: 1
  hide-version: yes
${server.map(line => `  ${line}\n`).join('')}remote-control:
  control-enable: no
${zoneClauses.join('')}`;
  const path = join(folder.path, 'nsd.conf');
  await writeFile(path, configuration);
  const nsd = spawn('nsd', ['-d', '-c', path], { stdio: 'ignore' });
  const exited = once(nsd, 'exit');
  parts.defer(async () => {
    nsd.kill('SIGTERM');
    await exited;
  });
  const [zone = '.'] = Object.keys(zones);
  await eventually(async () => {
    const soa = await runOrThrow([
      'dig',
      `@${address}`,
      '-p',
      String(port),
      '+short',
      '+tries=1',
      '+time=1',
      'SOA',
      zone,
    ]);
    if (!soa.includes(' ')) throw new Error(`no SOA record yet: ${soa}`);
  });
  const running = parts.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}
