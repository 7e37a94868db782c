import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { cores, coresFor } from '../universe/namespace.ts';
import { type Program, startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { type Contender, cacheOctets, type StartOptions } from './contender.ts';
import { writeHints } from './hints.ts';

/** Unbound without validation; two workers have a socket each. */
export const unbound: Contender = {
  name: 'unbound',
  kind: 'peer',
  summary: 'Unbound, num-threads 1, module-config "iterator"',
  address: places.unbound,
  programs: ['unbound:unbound', 'unbound-control:unbound'],
  streams: ['tcp', 'dot'],
  hasTwoWorkers: true,
  start: options => startUnbound(options, { address: places.unbound, processors: coresFor(options.workers) }),
  async countAnswers(folder) {
    const control = ['unbound-control', '-c', join(folder, 'unbound.conf')] as const;
    // Counted only where it is told to; on from the start, it would take time for each query.
    await runOrThrow([...control, 'set_option', 'extended-statistics:', 'yes']);
    const count = /^msg\.cache\.count=(\d+)$/m.exec(await runOrThrow([...control, 'stats_noreset']))?.[1];
    return { count: Number(count), of: 'messages' };
  },
};

/** What dnsdist has behind it: the same on the other processor, busy only until dnsdist has cached what it says. */
export function startUnboundBehind(options: StartOptions, address: string): Promise<Program> {
  return startUnbound({ ...options, workers: 1 }, { address, processors: [cores.others] });
}

interface Place {
  readonly address: string;
  readonly processors: readonly number[];
}

async function startUnbound(options: StartOptions, { address, processors }: Place): Promise<Program> {
  const path = join(options.folder, 'unbound.conf');
  await writeFile(path, configuration(options, address, await writeHints(options.folder)));
  await using parts = new AsyncDisposableStack();
  const program = parts.use(startProgram(processors, ['unbound', '-d', '-c', path]));
  await untilAnswering(program, address);
  parts.move();
  return program;
}

/** `test.` is one of the zones that Unbound answers itself unless told otherwise (RFC 6303). */
function configuration(
  { folder, workers, certificate }: StartOptions,
  address: string,
  hints: string,
): string {
  return `
server:
  interface: ${address}@53
  interface: ${address}@853
  tls-port: 853
  tls-service-pem: "${certificate.certificate}"
  tls-service-key: "${certificate.key}"
  outgoing-interface: ${address}
  access-control: 198.18.0.0/15 allow
  do-not-query-localhost: no
  local-zone: "test." nodefault
  do-ip6: no
  num-threads: ${workers}
  so-reuseport: yes
  module-config: "iterator"
  root-hints: "${hints}"
  rrset-cache-size: ${cacheOctets / 2}
  msg-cache-size: ${cacheOctets / 2}
  outgoing-range: 4096
  num-queries-per-thread: 2048
  incoming-num-tcp: 200
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
