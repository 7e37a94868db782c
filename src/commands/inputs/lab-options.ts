/** Options that the verbs of `anycast lab` share, and the lab they name. */
import type { Command } from 'commander';
import type { Lab } from '../../lab/lab-runtime.ts';
import { Fault } from '../../system/fault.ts';

export interface LabOptions {
  readonly lab: string;
  readonly runtime: string;
}

/** Adds `--lab` and `--runtime`. */
export function labOptions(command: Command): Command {
  return command
    .option('--lab <name>', 'which lab, when several run', process.env.ANYCAST_LAB ?? 'lab')
    .option('--runtime <kind>', 'where its nodes live', 'netns');
}

/** The running lab that the options name, if it runs. */
export async function findLab(options: LabOptions, signal: AbortSignal): Promise<Lab | undefined> {
  const { runtimeOfKind } = await import('../../lab/runtimes.ts');
  return await runtimeOfKind(options.runtime).attach(options.lab, signal);
}

/** @throws Fault `unreachable` when no such lab runs. */
export async function runningLab(options: LabOptions, signal: AbortSignal): Promise<Lab> {
  const lab = await findLab(options, signal);
  if (lab) return lab;
  throw new Fault('unreachable', `no lab '${options.lab}' is running`, {
    hint: 'bring it up with: anycast lab up',
  });
}
