/**
 * The lab's supervisor: the one process whose end is the end of a lab in namespaces.
 *
 * `anycast lab up` starts it inside a fresh sandbox (own user, mount, network and pid namespaces; `sandbox/start.ts`) and
 * sends the plan as one line on standard input. It mounts its own /run, builds the network, starts the processes, waits
 * until the lab is ready, and from then on serves the control socket. Progress, and at last `ready` or `fault`, go to
 * standard output as JSON lines. Until it is ready, the end of standard input means that nobody wants the lab any more.
 *
 * What always holds: everything of the lab is in this sandbox's namespaces, so that the kernel ends and frees all of it
 * when the sandbox's first process ends. That one is a shell that waits for this process and reaps the orphans of killed
 * programs, which Node cannot; when this process ends, however it ends, the shell ends.
 */
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { systemClock } from '../../system/clock.ts';
import { serveControl } from '../../system/control-socket.ts';
import { describeError, Fault, type FaultCode } from '../../system/fault.ts';
import { runOrThrow } from '../../system/run.ts';
import { prepareNode, writeNodeFiles } from '../node-setup.ts';
import type { LabPlan } from '../plan.ts';
import type { LabProgress } from '../progress.ts';
import { controlSocketPath, runRoot, searchPath } from '../sandbox/paths.ts';
import { controlHandlers } from './handlers.ts';
import { applyDelays, buildNetwork } from './network.ts';
import { ProcessTable } from './process-table.ts';
import { waitUntilReady } from './readiness.ts';

/** What is sent on standard input. */
export interface SuperviseRequest {
  readonly plan: LabPlan;
  readonly timeoutMs: number;
}

/** A line of standard output. */
export type SuperviseEvent =
  | { readonly event: 'progress'; readonly progress: LabProgress }
  | { readonly event: 'ready' }
  | {
      readonly event: 'fault';
      readonly code: FaultCode;
      readonly message: string;
      readonly hint?: string;
    };

/** Runs until the signal aborts or the lab cannot be made ready. Gives the exit code. */
export async function supervise(signal: AbortSignal): Promise<number> {
  process.env.PATH = searchPath();
  // Who started the lab may be gone: what is then said to nobody must not end it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const unwanted = new AbortController();
  try {
    const { plan, timeoutMs } = await readRequest(unwanted);
    const wanted = AbortSignal.any([signal, unwanted.signal, AbortSignal.timeout(timeoutMs)]);
    const processes = new ProcessTable(plan);
    await buildLab(plan, processes, wanted);
    await waitUntilReady({ plan, processes, clock: systemClock, signal: wanted, onProgress: progress });
    await using _control = await serveControl(controlSocketPath, controlHandlers(plan, processes));
    process.stdin.destroy();
    say({ event: 'ready' });
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
    return 0;
  } catch (error) {
    say(asFaultEvent(error));
    return 1;
  }
}

async function buildLab(plan: LabPlan, processes: ProcessTable, signal: AbortSignal): Promise<void> {
  progress({ stage: 'building', nodes: plan.nodes.length, links: plan.links.length });
  await runOrThrow(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run'], { signal });
  await mkdir(runRoot);
  await Promise.all([
    buildNetwork(plan, signal),
    ...plan.nodes.map(async node => {
      await writeNodeFiles(node);
      await prepareNode(node, signal);
    }),
  ]);
  progress({ stage: 'starting', processes: plan.nodes.flatMap(node => node.processes).length });
  for (const node of plan.nodes) processes.startNode(node.name);
  if (!(await applyDelays(plan, signal)))
    progress({ stage: 'note', text: 'this kernel has no netem: links have no delay (all else is the same)' });
}

/** Reads the first line of standard input and keeps listening: its end aborts `unwanted`. */
async function readRequest(unwanted: AbortController): Promise<SuperviseRequest> {
  const line = await new Promise<string | undefined>(resolve => {
    const reader = createInterface({ input: process.stdin });
    reader.once('line', resolve);
    reader.once('close', () => {
      unwanted.abort(new Error('whoever started this lab is gone'));
      resolve(undefined);
    });
  });
  if (line === undefined)
    throw new Fault('usage', 'no plan on standard input', { hint: 'start a lab with: anycast lab up' });
  return JSON.parse(line) as SuperviseRequest;
}

function progress(event: LabProgress): void {
  say({ event: 'progress', progress: event });
}

function say(event: SuperviseEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function asFaultEvent(error: unknown): SuperviseEvent {
  // The time-out of `AbortSignal.timeout`, before there were conditions to name.
  if (error instanceof Error && error.name === 'TimeoutError')
    return asFaultEvent(
      new Fault('timeout', 'the lab was not built in its time', {
        hint: 'nothing is left running; a slow machine may need a longer --timeout',
      }),
    );
  if (!(error instanceof Fault)) return { event: 'fault', code: 'internal', message: describeError(error) };
  const { code, message, hint } = error;
  return { event: 'fault', code, message, ...(hint !== undefined && { hint }) };
}
