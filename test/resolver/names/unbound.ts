/** A real Unbound that forwards everything to one server, for what it makes of a configuration that we have too. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

export interface UnboundOptions {
  readonly address: string;
  readonly port: number;
  readonly upstream: { readonly address: string; readonly port: number };
  /** As `module-config` has them. */
  readonly modules: string;
  /** Lines of the clause `server`. */
  readonly server?: readonly string[];
  /** Further clauses. */
  readonly clauses?: readonly string[];
}

export async function openUnbound(options: UnboundOptions): Promise<AsyncDisposable> {
  const { address, port, upstream, modules, server = [], clauses = [] } = options;
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const path = join(folder.path, 'unbound.conf');
  const lines = [
    'server:',
    `interface: ${address}@${port}`,
    'access-control: 127.0.0.0/8 allow',
    'do-not-query-localhost: no',
    'do-daemonize: no',
    'username: ""',
    'chroot: ""',
    `directory: "${folder.path}"`,
    'pidfile: ""',
    'num-threads: 1',
    'use-syslog: no',
    'logfile: ""',
    `module-config: "${modules}"`,
    ...server,
    'forward-zone:',
    'name: "."',
    `forward-addr: ${upstream.address}@${upstream.port}`,
    ...clauses,
    '',
  ];
  await writeFile(path, lines.join('\n'));
  const unbound = spawn('unbound', ['-d', '-c', path], { stdio: 'ignore' });
  const exited = once(unbound, 'exit');
  parts.defer(async () => {
    unbound.kill('SIGTERM');
    await exited;
  });
  await eventually(async () => {
    const at = [`@${address}`, '-p', String(port), '+tries=1', '+time=1'] as const;
    const soa = await runOrThrow(['dig', ...at, '+short', 'SOA', 'example.']);
    if (!soa.includes(' ')) throw new Error(`no SOA record yet: ${soa}`);
  });
  const running = parts.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}
