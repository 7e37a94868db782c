/** One server's turn: started, its cache filled, its answers checked, then loads of it one after the other. */

import { mkdir } from 'node:fs/promises';
import type { TestCertificate } from '../../resolver/certificates.ts';
import { wrongAnswers } from '../universe/check-answers.ts';
import { coresFor } from '../universe/namespace.ts';
import { type Program, usageOf } from '../universe/program.ts';
import type { Host } from '../universe/zones.ts';
import type { Contender } from './contender.ts';
import type { Measured, MemoryOfAnswers, TwoWorkers } from './figures.ts';
import { type LoadOptions, load } from './load.ts';
import { type MeasuredLoad, measureLoad } from './measuring.ts';
import { type Flooding, floodOf, measureAt, saturate } from './saturation.ts';

export interface Questions {
  readonly hosts: readonly Host[];
  /** The same as a file for dnsperf. */
  readonly path: string;
}

/** Seconds that a load lasts, for each part. */
export interface Pace {
  /** Before what is measured, so that code is compiled and buffers are grown. */
  readonly warm: number;
  readonly udp: number;
  /** For each step. */
  readonly flood: number;
  readonly stream: number;
}

export interface Turn {
  /** Not there yet; for this turn alone. */
  readonly folder: string;
  readonly certificate: TestCertificate;
  readonly questions: Questions;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** Told what makes a figure doubtful. */
  doubt(text: string): void;
  /** Told what was seen on the way. */
  tell(text: string): void;
}

/** More than this share of questions without their right answer, and a figure means little. */
const doubtfulShare = 0.01;

export async function measureOneCore(contender: Contender, turn: Turn): Promise<Measured> {
  await using warm = await startWarm(contender, turn, 1);
  const { pace, tell } = turn;
  const full = await measureLoad(warm.pid, { ...warm.load, lasts: { seconds: pace.udp } });
  tell(`asked by dnsperf ${said(full)}`);
  const flood = await floodOf(turn.questions.hosts, contender.address, turn.folder);
  const flooded = { pid: warm.pid, flood, signal: turn.signal };
  const most = await saturate({ ...flooded, seconds: pace.flood }, full.qps);
  tell(`flooded ${saidOf(most)}`);
  const half = await measureAt({ ...flooded, seconds: pace.udp }, most.qps / 2, warm.load);
  tell(`at half of that ${saidOf(half)}, ${half.failed} of ${half.answers} beside it failed`);
  let measured: Measured = {
    cpuUsPerQuery: full.cpuUsPerQuery,
    qps: full.qps,
    busyShare: full.busyShare,
    mostCpuUsPerQuery: most.cpuUsPerQuery,
    mostQps: most.qps,
    mostBusyShare: most.busyShare,
    p50Ms: half.p50Ms,
    p99Ms: half.p99Ms,
    halfCpuUsPerQuery: half.cpuUsPerQuery,
    halfLostShare: half.failed / (half.answers + half.failed),
  };
  for (const mode of contender.streams) {
    await load({ ...warm.load, mode, lasts: { seconds: Math.min(pace.warm, pace.stream) } });
    const stream = await measureLoad(warm.pid, { ...warm.load, mode, lasts: { seconds: pace.stream } });
    tell(`over ${mode} ${said(stream)}`);
    warm.doubtIfFailed(mode, stream);
    const { qps, cpuUsPerQuery } = stream;
    measured =
      mode === 'tcp'
        ? { ...measured, tcpQps: qps, tcpCpuUsPerQuery: cpuUsPerQuery }
        : { ...measured, dotQps: qps, dotCpuUsPerQuery: cpuUsPerQuery };
  }
  return measured;
}

/** dnsperf has the same two processors: what both could do with one each is not known from this. */
export async function measureTwoCores(contender: Contender, turn: Turn): Promise<TwoWorkers> {
  await using warm = await startWarm(contender, turn, 2);
  const processors = coresFor(2);
  const lasts = { seconds: turn.pace.udp };
  const full = await measureLoad(warm.pid, { ...warm.load, lasts, processors });
  turn.tell(`with two workers ${said(full)}`);
  warm.doubtIfFailed('UDP of two workers', full);
  return { qps: full.qps, cpuUsPerQuery: full.cpuUsPerQuery, busyShare: full.busyShare };
}

/** Of all the turn's questions, each asked once. */
export async function measureMemory(contender: Contender, turn: Turn): Promise<MemoryOfAnswers> {
  await using program = await startIn(contender, turn, 1);
  const { folder, questions, signal } = turn;
  const before = usageOf(program.pid).residentOctets;
  const filled = await load({
    server: contender.address,
    questions: questions.path,
    folder,
    signal,
    lasts: { times: 1 },
  });
  if (filled.failed > questions.hosts.length * doubtfulShare)
    turn.doubt(`${contender.name}: ${filled.failed} of ${questions.hosts.length} were not answered`);
  const grown = usageOf(program.pid).residentOctets - before;
  const counted = await contender.countAnswers?.(folder);
  return { octetsPerAnswer: grown / questions.hosts.length, ...(counted && { counted }) };
}

interface Warm extends AsyncDisposable {
  readonly pid: number;
  readonly load: Omit<LoadOptions, 'lasts'>;
  doubtIfFailed(what: string, load: MeasuredLoad): void;
}

async function startWarm(contender: Contender, turn: Turn, workers: 1 | 2): Promise<Warm> {
  await using parts = new AsyncDisposableStack();
  const { pid } = parts.use(await startIn(contender, turn, workers));
  const { folder, questions, signal, pace, doubt } = turn;
  const base = { server: contender.address, questions: questions.path, folder, signal };
  await load({ ...base, lasts: { times: 1 } });
  if (contender.kind !== 'floor') {
    const wrong = await wrongAnswers(questions.hosts, contender.address, { signal, hasEdns: true });
    if (wrong.length > 0) doubt(`${contender.name}: ${wrong.length} wrong answers, such as for ${wrong[0]}`);
  }
  await load({ ...base, lasts: { seconds: pace.warm } });
  const moved = parts.move();
  return {
    pid,
    load: base,
    doubtIfFailed(what, { failedShare }) {
      if (failedShare > doubtfulShare)
        doubt(`${contender.name}: ${(failedShare * 100).toFixed(1)} % lost or failed over ${what}`);
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

async function startIn(
  contender: Contender,
  { folder, certificate, signal }: Turn,
  workers: 1 | 2,
): Promise<Program> {
  signal.throwIfAborted();
  await mkdir(folder);
  return await contender.start({ folder, workers, certificate });
}

function said(load: MeasuredLoad): string {
  return `${saidOf(load)}, waited ${Math.round(load.waitedMs)} ms, ${load.failed} failed`;
}

function saidOf({ qps, cpuUsPerQuery, busyShare }: Flooding): string {
  const busy = Math.round(busyShare * 100);
  return `${Math.round(qps)}/s, ${cpuUsPerQuery.toFixed(2)} us each, ${busy} % of a processor`;
}
