/** A lab of one test file: brought up by the runtime itself, ended with the test, and reachable by the command line too. */

import { loadDeployment } from '../../../src/commands/inputs/deployment.ts';
import type { Lab } from '../../../src/lab/lab-runtime.ts';
import { makePlan } from '../../../src/lab/make-plan.ts';
import type { LabPlan } from '../../../src/lab/plan.ts';
import type { LabProgress } from '../../../src/lab/progress.ts';
import { netns } from '../../../src/lab/runtimes/netns.ts';
import { anycastCommand, sandboxSettings } from '../../../src/lab/sandbox/settings.ts';
import type { Topology } from '../../../src/lab/topology.ts';
import { type RunResult, run } from '../../../src/system/run.ts';
import { smallTopology } from './small-topology.ts';

/** Milliseconds that a lab may take on a busy machine; alone it takes about 1500. */
export const upTimeoutMs = 30_000;

/** What is built: a topology, and the anycast.yaml of its PoPs. */
export interface LabSubject {
  readonly topology: Topology;
  readonly config: string;
}

const small: LabSubject = { topology: smallTopology, config: 'anycast.yaml' };

export async function smallPlan(): Promise<LabPlan> {
  return await planOf(small);
}

async function planOf({ topology, config }: LabSubject): Promise<LabPlan> {
  return makePlan(topology, await loadDeployment(config), await sandboxSettings(config));
}

export interface LabUnderTest extends AsyncDisposable {
  readonly lab: Lab;
  readonly progress: readonly LabProgress[];
  /** Runs `anycast lab ...` about this lab. */
  anycastLab(...args: readonly string[]): Promise<RunResult>;
}

export async function openLabUnderTest(suffix: string, subject = small): Promise<LabUnderTest> {
  const name = labName(suffix);
  const progress: LabProgress[] = [];
  const lab = await netns.up(await planOf(subject), {
    name,
    timeoutMs: upTimeoutMs,
    signal: new AbortController().signal,
    onProgress: event => progress.push(event),
  });
  return {
    lab,
    progress,
    anycastLab: async (...args) =>
      await run([...anycastCommand, 'lab', ...args], { env: { ANYCAST_LAB: name }, timeoutMs: upTimeoutMs }),
    [Symbol.asyncDispose]: async () => await lab.down(),
  };
}

/** A name that no other test run has. */
export function labName(suffix: string): string {
  return `test-${process.pid}-${suffix}`;
}
