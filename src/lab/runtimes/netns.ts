/**
 * The namespaces runtime: every node is a network namespace of one sandbox on this machine. No root, no images.
 *
 * This file is the outside: it starts the sandbox, finds it again and speaks to its supervisor. The inside is
 * `supervisor/`. See `sandbox/start.ts` for what a sandbox is and why nothing of it can be left behind.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { systemClock } from '../../system/clock.ts';
import { Fault } from '../../system/fault.ts';
import type { Lab, LabRuntime, UpOptions } from '../lab-runtime.ts';
import type { LabPlan } from '../plan.ts';
import { endSandbox } from '../sandbox/end.ts';
import { findSupervisors, superviseArguments } from '../sandbox/find.ts';
import { openLab } from '../sandbox/lab.ts';
import { assertPrograms } from '../sandbox/programs.ts';
import { anycastCommand, sandboxSettings } from '../sandbox/settings.ts';
import { startSandbox } from '../sandbox/start.ts';
import type { SuperviseEvent, SuperviseRequest } from '../supervisor/supervise.ts';

/** Milliseconds beyond the lab's own time-out: the supervisor then reports what was not true, and is given time to. */
const reportingMs = 5000;

export const netns: LabRuntime = {
  kind: 'netns',

  settings: sandboxSettings,

  async up(plan, options) {
    await assertPrograms(plan);
    await assertNotRunning(options.name);
    const child = await startSandbox(
      [...anycastCommand, ...superviseArguments(options.name)],
      options.signal,
    );
    try {
      await becomesReady(child, plan, options);
      return await theLab(options.name, options.signal);
    } catch (error) {
      if (child.pid !== undefined) await endSandbox(child.pid);
      throw error;
    } finally {
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
    }
  },

  async attach(name, signal) {
    const supervisor = (await findSupervisors()).find(each => each.name === name);
    try {
      return supervisor && (await openLab(supervisor, netns.kind, signal));
    } catch (cause) {
      if (!supervisor || !(cause instanceof Fault) || cause.code !== 'unreachable') throw cause;
      throw new Fault(
        'unreachable',
        `the lab '${name}' does not answer (pid ${supervisor.pid}): it is starting or ending`,
        {
          hint: `wait for its anycast lab up, or end it with: kill -9 ${supervisor.pid}`,
          cause,
        },
      );
    }
  },
};

async function assertNotRunning(name: string): Promise<void> {
  const running = (await findSupervisors()).find(each => each.name === name);
  if (running) throw alreadyRunning(name, running.pid);
}

function alreadyRunning(name: string, pid: number): Fault {
  return new Fault('busy', `the lab '${name}' is running already (pid ${pid})`, {
    hint: 'end it with: anycast lab down; or bring up another beside it with --lab NAME',
  });
}

async function theLab(name: string, signal: AbortSignal): Promise<Lab> {
  const lab = await netns.attach(name, signal);
  if (lab) return lab;
  throw new Fault('unreachable', `the lab '${name}' ended just after it was ready`);
}

/** Sends the plan and follows the supervisor's report until it is ready. */
async function becomesReady(child: ChildProcess, plan: LabPlan, options: UpOptions): Promise<void> {
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Fault('internal', 'the sandbox has no pipes');
  let complaint = '';
  stderr.setEncoding('utf8').on('data', text => {
    complaint = `${complaint}${text}`.slice(-4000);
  });
  stdin.on('error', () => undefined);
  const request: SuperviseRequest = { plan, timeoutMs: options.timeoutMs };
  stdin.write(`${JSON.stringify(request)}\n`);
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const outcome = Promise.withResolvers<void>();
  createInterface({ input: stdout }).on('line', line => {
    const event = JSON.parse(line) as SuperviseEvent;
    if (event.event === 'ready') outcome.resolve();
    else if (event.event === 'progress') options.onProgress(event.progress);
    else
      outcome.reject(
        new Fault(event.code, event.message, event.hint === undefined ? {} : { hint: event.hint }),
      );
  });
  const died = ended.then(() => {
    throw new Fault(
      'environment',
      `the lab's sandbox ended at once: ${complaint.trim() || 'it said nothing'}`,
    );
  });
  const stop = new AbortController();
  const late = waitAborted(options, stop.signal);
  try {
    await Promise.race([outcome.promise, died, late]);
    await assertAlone(options.name);
  } finally {
    stop.abort();
    for (const loser of [outcome.promise, died, late]) loser.catch(() => undefined);
  }
}

/** Two that started at the same moment both saw no other: the older one stays. */
async function assertAlone(name: string): Promise<void> {
  const [oldest, ...others] = (await findSupervisors()).filter(each => each.name === name);
  if (oldest && others.length > 0) throw alreadyRunning(name, oldest.pid);
}

async function waitAborted({ signal, timeoutMs }: UpOptions, done: AbortSignal): Promise<never> {
  await systemClock.sleep(timeoutMs + reportingMs, AbortSignal.any([signal, done]));
  throw new Fault('timeout', 'the lab neither became ready nor said why');
}
