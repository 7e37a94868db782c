/** dnsperf: the same names again and again, with EDNS, as fast as they are answered or at a rate. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../src/system/fault.ts';
import { cores } from '../universe/namespace.ts';
import { places } from '../universe/zones.ts';
import type { Mode } from './contender.ts';

/**
 * Questions that wait for their answers at a time, from so many ports. All of them have room in a socket's buffer as the
 * kernel makes it (208 KiB, some 160 small datagrams), so that none is lost however late they are fetched.
 */
export const outstanding = 128;
export const clients = 20;

/** Seconds for one question: less where a load is measured, since dnsperf waits so long for the last ones. */
const answerSeconds = { filling: 5, measured: 2 } as const;

export interface LoadOptions {
  readonly server: string;
  /** A file of questions. */
  readonly questions: string;
  /** Where dnsperf's output goes. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly mode?: Mode;
  /** How long, or how many times each question. */
  readonly lasts: { readonly seconds: number } | { readonly times: number };
  /** Without it, as many as are answered. */
  readonly perSecond?: number;
  /** Whether each answer's latency is wanted: to print them takes dnsperf's time. */
  readonly hasLatencies?: boolean;
  /** Where dnsperf runs. */
  readonly processors?: readonly number[];
}

export interface Load {
  readonly seconds: number;
  readonly answers: number;
  /** Questions that got no answer, and answers that are not NOERROR. */
  readonly failed: number;
  /** Of all questions: one without its answer is later than any. NaN without `hasLatencies`. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function load(options: LoadOptions): Promise<Load> {
  const { folder, signal, processors = [cores.others] } = options;
  const path = join(folder, 'dnsperf.txt');
  const argv = ['-c', String(processors), 'dnsperf', ...argumentsFor(options)];
  {
    // Into a file: read from a pipe meanwhile, it would take time from dnsperf's processor.
    await using file = await open(path, 'w');
    const child = spawn('taskset', argv, { stdio: ['ignore', file.fd, file.fd], signal });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Fault('refused', `dnsperf exited ${code}: ${await lastLine(path)}`);
  }
  return readDnsperf(await readFile(path, 'latin1'));
}

function argumentsFor({ server, questions, mode, lasts, perSecond, hasLatencies }: LoadOptions): string[] {
  return [
    ...['-e', '-m', mode ?? 'udp', '-s', server, '-a', places.client, '-d', questions],
    ...['-q', String(outstanding), '-c', String(clients), '-T', '1'],
    ...['-O', 'suppress=timeouts,congestion,sendfailed,sockready'],
    ...('seconds' in lasts
      ? ['-l', String(lasts.seconds), '-t', String(answerSeconds.measured)]
      : ['-n', String(lasts.times), '-t', String(answerSeconds.filling)]),
    ...(perSecond === undefined ? [] : ['-Q', String(Math.round(perSecond))]),
    ...(hasLatencies ? ['-v'] : []),
  ];
}

/** Reads what dnsperf prints: with -v a line per answer, `> NOERROR NAME TYPE SECONDS`; statistics. */
export function readDnsperf(text: string): Load {
  const numberAfter = (label: string): number =>
    Number(new RegExp(`^ *${label}: +([0-9.]+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  const sent = numberAfter('Queries sent');
  const answers = numberAfter('Queries completed');
  const seconds = numberAfter('Run time \\(s\\)');
  if (!(answers > 0 && seconds > 0)) throw new Fault('refused', 'dnsperf got no answer at all');
  const right = Number(/NOERROR ([0-9]+) \(/.exec(text)?.[1] ?? 0);
  const latenciesMs = Float64Array.from(
    text.matchAll(/^> NOERROR \S+ \S+ ([0-9.]+)$/gm),
    ([, each]) => Number(each) * 1000,
  ).sort();
  const none = latenciesMs.length === 0 ? Number.NaN : Number.POSITIVE_INFINITY;
  const at = (share: number): number => latenciesMs[Math.floor(sent * share)] ?? none;
  return { seconds, answers, failed: sent - right, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function lastLine(path: string): Promise<string> {
  return (await readFile(path, 'latin1')).trim().split('\n').at(-1) ?? '';
}
