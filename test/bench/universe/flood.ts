/** Queries without a cookie, sent whatever becomes of them (`flood.c`). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../src/system/fault.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { cores } from '../universe/namespace.ts';
import { floodPackets, sinkPorts } from './field.ts';

export interface Flooded {
  readonly sent: number;
  readonly seconds: number;
}

export interface Flood {
  /** Less than `perSecond` where its processor cannot send as many. */
  run(perSecond: number, seconds: number, signal: AbortSignal): Promise<Flooded>;
}

const compileWithinMs = 60_000;
/** Milliseconds after its time in which it must have ended. */
const endsWithinMs = 10_000;

/** So that clients and probes, which share its processor, are not kept waiting by what they are to be measured beside. */
const niceness = '19';

export async function buildFlood(folder: string): Promise<Flood> {
  const program = join(folder, 'flood');
  const packets = join(folder, 'packets');
  const source = join(import.meta.dirname, 'flood.c');
  await runOrThrow(['cc', '-O2', '-Wall', '-o', program, source], { timeoutMs: compileWithinMs });
  await writeFile(packets, floodPackets());
  return {
    async run(perSecond, seconds, signal) {
      const argv = ['-c', String(cores.others), 'nice', '-n', niceness, program, packets];
      const numbers = [Math.round(perSecond), seconds, sinkPorts.first, sinkPorts.count].map(String);
      const timeoutMs = seconds * 1000 + endsWithinMs;
      const said = await runOrThrow(['taskset', ...argv, ...numbers], { timeoutMs, signal });
      const [sent, passed] = said.trim().split(' ').map(Number);
      if (!sent || !passed) throw new Fault('refused', `the flood said: ${said}`);
      return { sent, seconds: passed };
    },
  };
}
