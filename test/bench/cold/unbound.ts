import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../src/system/fault.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { coresFor } from '../universe/namespace.ts';
import { type Program, startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { type Contender, cacheOctets } from './contender.ts';

/** Unbound with one thread, without validation, with room for as many questions under way as are asked at a time. */
export const unbound: Contender = withThreads({
  name: 'unbound',
  summary: 'Unbound, one thread, module-config "iterator", QNAME minimisation, outgoing-range 8192',
  workers: 1,
});

export const unboundWithTwo: Contender = withThreads({
  name: 'unbound-2',
  summary: 'the same with num-threads: 2, on both processors',
  workers: 2,
});

function withThreads(of: Pick<Contender, 'name' | 'summary' | 'workers'>): Contender {
  return { ...of, address: places.unbound, start: folder => start(folder, of.workers), countRrsets };
}

async function start(folder: string, workers: 1 | 2): Promise<Program> {
  await mkdir(folder);
  const hints = join(folder, 'root.hints');
  await writeFile(hints, `. 3600 NS a.root.test.\na.root.test. 3600 A ${places.root}\n`);
  const path = join(folder, 'unbound.conf');
  await writeFile(path, configuration(folder, hints, workers));
  await using parts = new AsyncDisposableStack();
  const program = parts.use(startProgram(coresFor(workers), ['unbound', '-d', '-c', path]));
  await untilAnswering(program, places.unbound);
  parts.move();
  return program;
}

async function countRrsets(folder: string): Promise<number> {
  const argv = ['unbound-control', '-c', join(folder, 'unbound.conf'), 'stats_noreset'] as const;
  const count = /^rrset\.cache\.count=(\d+)$/m.exec(await runOrThrow([...argv]))?.[1];
  if (count === undefined)
    throw new Fault('environment', 'unbound-control says nothing of rrset.cache.count');
  return Number(count);
}

/** `test.` is one of the zones that Unbound answers itself unless told otherwise (RFC 6303). */
function configuration(folder: string, hints: string, workers: 1 | 2): string {
  return `
server:
  interface: ${places.unbound}
  port: 53
  outgoing-interface: ${places.unbound}
  access-control: 198.18.0.0/15 allow
  do-not-query-localhost: no
  local-zone: "test." nodefault
  do-ip6: no
  num-threads: ${workers}
  module-config: "iterator"
  root-hints: "${hints}"
  qname-minimisation: yes
  rrset-cache-size: ${cacheOctets / 2}
  msg-cache-size: ${cacheOctets / 2}
  outgoing-range: 8192
  num-queries-per-thread: 4096
  extended-statistics: yes
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 0
remote-control:
  control-enable: yes
  control-interface: "${join(folder, 'control')}"
  control-use-cert: no
`;
}
