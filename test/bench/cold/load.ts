/** Every name asked once, by dnsperf. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../src/system/fault.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { places } from '../universe/zones.ts';

/** Questions that wait for their answers at a time, from so many ports. */
export const outstanding = 200;
const clients = 20;

/** Seconds that a round's questions may take in all, and one of them. */
const roundSeconds = 240;
const answerSeconds = 5;

export interface Load {
  readonly qps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Questions that got another answer than NOERROR, or none. */
  readonly failed: number;
  /** What they got, by rcode; `lost` for nothing. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface LoadOptions {
  readonly server: string;
  readonly folder: string;
  /** Where dnsperf runs. */
  readonly processors: readonly number[];
}

/** Asks for the addresses of all names, in their order. */
export async function askAll(
  names: readonly string[],
  { server, folder, processors }: LoadOptions,
): Promise<Load> {
  const path = join(folder, 'names');
  await writeFile(path, names.map(name => `${name} A\n`).join(''));
  const where = ['-s', server, '-a', places.client, '-d', path, '-n', '1'];
  const pace = ['-q', String(outstanding), '-c', String(clients), '-T', '1'];
  const ends = ['-t', String(answerSeconds), '-l', String(roundSeconds)];
  const on = ['taskset', '-c', String(processors)] as const;
  const printed = await runOrThrow([...on, 'dnsperf', '-v', ...where, ...pace, ...ends], {
    timeoutMs: (roundSeconds + 2 * answerSeconds) * 1000,
  });
  return readDnsperf(printed, names.length);
}

/** Reads what `dnsperf -v` prints: a line per answer, `> NOERROR NAME TYPE SECONDS`, and statistics. */
export function readDnsperf(text: string, asked: number): Load {
  const latenciesMs: number[] = [];
  const failures: Record<string, number> = {};
  for (const [, rcode = '', seconds] of text.matchAll(/^> (\S+) \S+ \S+ ([0-9.]+)$/gm)) {
    if (rcode === 'NOERROR') latenciesMs.push(Number(seconds) * 1000);
    else failures[rcode] = (failures[rcode] ?? 0) + 1;
  }
  const answered = latenciesMs.length + Object.values(failures).reduce((sum, count) => sum + count, 0);
  if (answered < asked) failures.lost = asked - answered;
  const qps = Number(/Queries per second:\s+([0-9.]+)/.exec(text)?.[1]);
  if (!(qps > 0)) throw new Fault('environment', 'dnsperf printed no figure of queries per second');
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0;
  return { qps, p50Ms: at(0.5), p99Ms: at(0.99), failed: asked - latenciesMs.length, failures };
}
