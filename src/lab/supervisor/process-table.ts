/**
 * The processes of a lab: started in their nodes, watched, signalled and started again when a drill says so.
 *
 * Nothing is restarted by itself: a lab shows what a fault does, and a supervisor that heals it would hide that. What a
 * process prints goes to `<run directory>/<process>.log`. All are children of this process and end with the sandbox.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { suggestion } from '../../config/nearest.ts';
import { Fault } from '../../system/fault.ts';
import { readFileIfAny } from '../../system/files.ts';
import type { ProcessSignal, ProcessStatus } from '../lab-runtime.ts';
import type { LabPlan, NodePlan, ProcessPlan } from '../plan.ts';
import { inNode } from './network.ts';
import { descendantNamed, stateOf } from './proc.ts';

/** Milliseconds in which a process that was told to end may do so: a resolver first lets its traffic go quiet. */
const endTimeoutMs = 5000;

interface Entry {
  readonly node: NodePlan;
  readonly plan: ProcessPlan;
  child: ChildProcess | undefined;
  /** It was told to end, and may not have yet. */
  ending: boolean;
  /** How it ended, when it has. */
  end: string | undefined;
}

/** A process that is not running, for a fault's text. */
export interface EndedProcess {
  readonly node: string;
  readonly process: string;
  readonly end: string;
}

export class ProcessTable {
  readonly #entries: readonly Entry[];

  constructor({ nodes }: LabPlan) {
    this.#entries = nodes.flatMap(node =>
      node.processes.map(plan => ({ node, plan, child: undefined, ending: false, end: undefined })),
    );
  }

  /** Starts every process of a node. */
  startNode(node: string): void {
    for (const entry of this.#entries) if (entry.node.name === node) start(entry);
  }

  /** One that was told to end is given a moment to do so. */
  async start(node: string, process: string): Promise<void> {
    const entry = this.#entry(node, process);
    if (entry.child && entry.ending && entry.end === undefined)
      await once(entry.child, 'exit', { signal: AbortSignal.timeout(endTimeoutMs) }).catch(() => undefined);
    if (entry.child && entry.end === undefined)
      throw new Fault('busy', `${process} of ${node} is running`, { hint: 'end it first' });
    start(entry);
  }

  async signal(node: string, process: string, signal: ProcessSignal): Promise<void> {
    const pid = await this.#pidOf(node, process);
    if (pid === undefined)
      throw new Fault('refused', `${process} of ${node} is not running`, {
        hint: 'anycast lab status shows what is',
      });
    global.process.kill(pid, signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') {
      const entry = this.#entries.find(({ child }) => child?.pid === pid);
      if (entry) entry.ending = true;
    }
  }

  /** The first process that has ended by itself. */
  ended(): EndedProcess | undefined {
    const entry = this.#entries.find(({ end }) => end !== undefined);
    return entry && { node: entry.node.name, process: entry.plan.name, end: entry.end ?? '' };
  }

  /** The node's processes and their children, with pids as this sandbox counts them. */
  async status(node: string): Promise<ProcessStatus[]> {
    const own = this.#entries.filter(entry => entry.node.name === node);
    const names = own.flatMap(({ plan }) => [plan.name, ...plan.children]);
    return await Promise.all(
      names.map(async name => {
        const pid = await this.#pidOf(node, name);
        const state = pid === undefined ? 'exited' : await stateOf(pid);
        return { name, pid: state === 'exited' ? null : (pid ?? null), state };
      }),
    );
  }

  #entry(node: string, process: string): Entry {
    const own = this.#entries.filter(entry => entry.node.name === node);
    const found = own.find(({ plan }) => plan.name === process);
    if (found) return found;
    const known = own.map(({ plan }) => plan.name);
    throw new Fault('usage', `${node} has no process '${process}'`, {
      hint: known.length > 0 ? suggestion(process, known) : `nothing runs on ${node}`,
    });
  }

  async #pidOf(node: string, process: string): Promise<number | undefined> {
    const parent = this.#entries.find(
      entry => entry.node.name === node && entry.plan.children.includes(process),
    );
    const { child, end } = parent ?? this.#entry(node, process);
    if (child?.pid === undefined || end !== undefined) return undefined;
    return parent ? await descendantNamed(child.pid, process) : child.pid;
  }
}

/** The last lines that a process printed. */
export async function lastLogLines(node: NodePlan, process: string, count = 8): Promise<string> {
  const text = (await readFileIfAny(logPath(node, process))) ?? '';
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function logPath(node: NodePlan, process: string): string {
  return `${node.runDirectory}/${process}.log`;
}

function start(entry: Entry): void {
  const { node, plan } = entry;
  const log = openSync(logPath(node, plan.name), 'a');
  try {
    const [program, ...args] = inNode(node.name, plan.argv);
    const child = spawn(program, args, { cwd: node.runDirectory, stdio: ['ignore', log, log] });
    entry.child = child;
    entry.ending = false;
    entry.end = undefined;
    const ended = (end: string): void => {
      if (entry.child === child) entry.end = end;
    };
    child.once('error', error => ended(error.message));
    child.once('exit', (code, signal) =>
      ended(signal === null ? `exited with code ${code}` : `was ended by ${signal}`),
    );
  } finally {
    closeSync(log);
  }
}
