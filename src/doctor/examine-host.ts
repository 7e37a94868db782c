/**
 * Examines the host it runs on: is it fit to be a PoP, and if it is one, is it well set up?
 *
 * A round goes through `examinations` in order, each with a few seconds, and gathers what they find. Nothing is changed and
 * nothing leaves the host: what is asked are files below /proc and /sys, programs that show things, and the control
 * sockets in the run directory.
 *
 * What always holds:
 * - Every examination leaves a trace: findings, or a skip with the reason. A fault of one never ends the others.
 * - What this user may not see is skipped and said to be so; it is neither passed nor failed.
 * - A host without a configuration, or without a part in one, is examined as far as that goes.
 *
 * Not here: what is right and what is wrong (`examinations/`), how the system is read (`host/`), how a router is asked
 * (`routers/`), and how the report looks (`doctor-text.ts`).
 */
import type { PopSlice } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { describeError, Fault } from '../system/fault.ts';
import { within } from '../system/within.ts';
import type { Deployment, Examination, ExaminationContext } from './examination.ts';
import { examinations } from './examinations.ts';
import { type Finding, type FindingVerdict, skip } from './finding.ts';
import { lookAtHost } from './host/host.ts';

export interface ExamineOptions {
  readonly deployment: Deployment;
  readonly slice?: PopSlice;
  readonly runDirectory: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface HostReport {
  /** Absent where the host's part in the deployment is not known. */
  readonly pop?: string;
  readonly examinations: readonly ExaminationReport[];
  readonly counts: Readonly<Record<FindingVerdict, number>>;
}

export interface ExaminationReport {
  readonly name: string;
  readonly looksAt: string;
  readonly findings: readonly Finding[];
}

/** Milliseconds for one examination: the programs that are run answer in hundredths of a second when they are well. */
const examinationMs = 6000;

/** @throws The signal's reason, and nothing else. */
export async function examineHost(options: ExamineOptions): Promise<HostReport> {
  const { slice, deployment, runDirectory, signal } = options;
  const host = lookAtHost({ ...(slice && { slice }), runDirectory, signal });
  const reports: ExaminationReport[] = [];
  for (const examination of examinations) {
    const context = { deployment, ...(slice && { slice }), runDirectory, host, signal };
    const { name, looksAt } = examination;
    reports.push({ name, looksAt, findings: await examineSafely(examination, context, options) });
  }
  return { ...(slice && { pop: slice.name }), examinations: reports, counts: countsOf(reports) };
}

async function examineSafely(
  examination: Examination,
  context: ExaminationContext,
  { clock, signal }: ExamineOptions,
): Promise<readonly Finding[]> {
  const { looksAt } = examination;
  try {
    return await within({ ms: examinationMs, clock, signals: [signal] }, async bound => {
      const bounded = { ...context, signal: bound };
      if (examination.needs === 'host') return await examination.examine(bounded);
      if (context.slice) return await examination.examine(context.slice, bounded);
      return [skip(looksAt, whyNoPop(context.deployment))];
    });
  } catch (error) {
    signal.throwIfAborted();
    const advice = error instanceof Fault && error.hint !== undefined ? [{ advice: error.hint }] : [];
    return [skip(looksAt, `could not look: ${describeError(error)}`, ...advice)];
  }
}

function whyNoPop({ state }: Deployment): string {
  switch (state) {
    case 'absent':
      return 'no configuration';
    case 'refused':
      return 'the configuration is refused';
    case 'read':
      return 'no PoP is named, and none is recognised';
    default:
      return state satisfies never;
  }
}

function countsOf(reports: readonly ExaminationReport[]): Record<FindingVerdict, number> {
  const counts: Record<FindingVerdict, number> = { pass: 0, warn: 0, fail: 0, skip: 0 };
  for (const { verdict } of reports.flatMap(({ findings }) => findings)) counts[verdict] += 1;
  return counts;
}
