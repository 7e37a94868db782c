import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { coresFor } from '../universe/namespace.ts';
import { startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { addresses, type Contender } from './contender.ts';
import { writeHints } from './hints.ts';

/** PowerDNS Recursor with one thread, which takes the questions itself; it serves no DoT. */
export const pdns: Contender = {
  name: 'pdns',
  kind: 'peer',
  summary: 'PowerDNS Recursor, threads=1, no distributor, packet cache, dnssec=off',
  address: addresses.pdns,
  programs: ['pdns_recursor:pdns-recursor', 'rec_control:pdns-recursor'],
  streams: ['tcp'],
  async start({ folder, workers }) {
    await writeFile(join(folder, 'recursor.conf'), configuration(folder, await writeHints(folder)));
    await using parts = new AsyncDisposableStack();
    const argv = ['pdns_recursor', `--config-dir=${folder}`];
    const program = parts.use(startProgram(coresFor(workers), argv));
    await untilAnswering(program, addresses.pdns);
    parts.move();
    return program;
  },
  async countAnswers(folder) {
    const counters = ['packetcache-entries', 'cache-entries'];
    const printed = await runOrThrow(['rec_control', `--config-dir=${folder}`, 'get', ...counters]);
    const [packets, records] = printed.trim().split(/\s+/).map(Number);
    return { count: packets ?? Number.NaN, of: `packets, and ${records} RRsets` };
  },
};

function configuration(folder: string, hints: string): string {
  return `
local-address=${addresses.pdns}
local-port=53
query-local-address=${addresses.pdns}
allow-from=198.18.0.0/15
dont-query=
hint-file=${hints}
dnssec=off
threads=1
pdns-distributes-queries=no
reuseport=no
max-cache-entries=1000000
max-packetcache-entries=1000000
socket-dir=${folder}
security-poll-suffix=
daemon=no
write-pid=no
disable-syslog=yes
loglevel=3
quiet=yes
setuid=
setgid=
`;
}
