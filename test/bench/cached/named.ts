import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from '../../../src/system/run.ts';
import { coresFor } from '../universe/namespace.ts';
import { startProgram } from '../universe/program.ts';
import { untilAnswering } from '../universe/resolver-process.ts';
import { addresses, type Contender, cacheOctets, type StartOptions } from './contender.ts';
import { writeHints } from './hints.ts';

const statisticsPort = 8053;

/**
 * BIND with one worker thread and one UDP listener, without validation. dnsperf connects all its clients at once and waits
 * for the last: with BIND's own queue of 10 connections, some would be tried again a second later.
 */
export const named: Contender = {
  name: 'named',
  kind: 'peer',
  summary: 'BIND, -n 1, dnssec-validation no',
  address: addresses.named,
  programs: ['named:bind9'],
  streams: ['tcp', 'dot'],
  async start(options) {
    const { folder, workers } = options;
    const path = join(folder, 'named.conf');
    await writeFile(path, configuration(options, await writeHints(folder)));
    // It listens on addresses that it finds at interfaces; that the whole range is this machine's is not enough for it.
    await runOrThrow(['ip', 'address', 'replace', `${addresses.named}/32`, 'dev', 'lo']);
    await using parts = new AsyncDisposableStack();
    const argv = ['named', '-g', '-n', String(workers), '-c', path];
    const program = parts.use(startProgram(coresFor(workers), argv));
    await untilAnswering(program, addresses.named);
    parts.move();
    return program;
  },
  async countAnswers() {
    const page = `http://${addresses.named}:${statisticsPort}/json/v1/server`;
    const said = (await (await fetch(page)).json()) as ServerStatistics;
    return { count: said.views._default.resolver.cache.A ?? Number.NaN, of: 'A RRsets' };
  },
};

interface ServerStatistics {
  readonly views: { readonly _default: { readonly resolver: { readonly cache: { readonly A?: number } } } };
}

function configuration({ folder, certificate }: StartOptions, hints: string): string {
  return `
tls own { cert-file "${certificate.certificate}"; key-file "${certificate.key}"; };
controls { };
statistics-channels { inet ${addresses.named} port ${statisticsPort} allow { 198.18.0.0/15; }; };
options {
  directory "${folder}";
  listen-on port 53 { ${addresses.named}; };
  listen-on port 853 tls own { ${addresses.named}; };
  listen-on-v6 { none; };
  query-source address ${addresses.named};
  allow-query { 198.18.0.0/15; };
  allow-recursion { 198.18.0.0/15; };
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
  max-cache-size ${cacheOctets};
  recursive-clients 10000;
  tcp-listen-queue 200;
  pid-file none;
  lock-file none;
  session-keyfile none;
};
zone "." { type hint; file "${hints}"; };
`;
}
