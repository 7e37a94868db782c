/**
 * The contract of a lab runtime: where a lab's nodes live (network namespaces, containers), and what can be done to them.
 *
 * `anycast lab` and the drills know this file and no runtime. A runtime carries out a plan exactly as it is; what is in
 * the plan is decided before (`make-plan.ts`), so that two runtimes cannot differ in what they build.
 *
 * - `up` builds the plan and returns when everything in `plan.readiness` holds. It throws Fault `busy` when a lab of that
 *   name runs, `environment` when this machine cannot run one, `timeout` naming what did not come true, and the signal's
 *   reason. When it throws, nothing is left behind.
 * - `attach` finds a running lab by its name. It looks at the system, never at a file that could outlive the lab.
 *
 * A Lab is a handle: dropping it leaves the lab running, `down` ends it. Its methods may be called concurrently. All
 * throw Fault `unreachable` when the lab is gone, and `usage` when there is no node, link or process of that name,
 * naming the nearest.
 */
import type { Readable, Writable } from 'node:stream';
import type { RunOptions, RunResult } from '../system/run.ts';
import type { LabPlan, NodeRole } from './plan.ts';
import type { PlanSettings } from './plan-context.ts';
import type { LabProgress } from './progress.ts';

export interface LabRuntime {
  /** The name used by `--runtime` and in reports. */
  readonly kind: string;
  /** What a plan for this runtime needs to know: where files, programs and the configuration are. */
  settings(configPath: string): Promise<PlanSettings>;
  up(plan: LabPlan, options: UpOptions): Promise<Lab>;
  attach(name: string, signal: AbortSignal): Promise<Lab | undefined>;
}

export interface UpOptions {
  readonly name: string;
  /** Milliseconds until the lab must be ready. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  onProgress(event: LabProgress): void;
}

/** What a drill may do to a process from outside. */
export type ProcessSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

export interface Lab {
  readonly name: string;
  readonly runtime: string;
  /** The plan that runs, without the texts of its files. */
  readonly plan: LabPlan;
  /** Runs a program in a node to its end, as `run` does. It dies with the caller. */
  exec(node: string, argv: readonly [string, ...string[]], options?: RunOptions): Promise<RunResult>;
  /** Starts a program in a node that goes on: a prober, `ip monitor`. It dies with the caller, or when disposed. */
  spawn(node: string, argv: readonly [string, ...string[]]): LabChild;
  /** Runs a program in a node on the caller's own terminal, and gives its exit code. */
  enter(node: string, argv: readonly [string, ...string[]], signal: AbortSignal): Promise<number>;
  /** Cuts or mends a link. Cutting twice does no harm. */
  setLink(link: string, state: LinkState): Promise<void>;
  /** `process` is a process of the node's plan, or one of the `children` that it starts. Returns when the signal is sent. */
  signalProcess(node: string, process: string, signal: ProcessSignal): Promise<void>;
  /** Starts a process of the plan that has ended, or was told to and does so soon. It is not watched for readiness. */
  startProcess(node: string, process: string): Promise<void>;
  status(): Promise<LabStatus>;
  /** Ends the lab and returns when nothing of it is left. */
  down(): Promise<void>;
}

/** Disposing kills the program and waits for its end. */
export interface LabChild extends AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the program has ended and its output is read; never rejects. A signal's number counts from 128. */
  readonly ended: Promise<{ readonly exitCode: number }>;
}

export type LinkState = 'up' | 'down';

/** `stopped` is frozen by SIGSTOP; what has ended is `exited`. */
export type ProcessState = 'running' | 'stopped' | 'exited';

export interface ProcessStatus {
  readonly name: string;
  /** As the machine sees it; null when it has ended. */
  readonly pid: number | null;
  readonly state: ProcessState;
}

export interface NodeStatus {
  readonly name: string;
  readonly role: NodeRole;
  /** `degraded` when a process of its plan is not running. */
  readonly state: 'running' | 'degraded';
  readonly addresses: readonly string[];
  readonly processes: readonly ProcessStatus[];
}

export interface LinkStatus {
  readonly name: string;
  readonly state: LinkState;
}

/** What `anycast lab status --json` prints. */
export interface LabStatus {
  /** Of the process whose end is the lab's end. */
  readonly pid: number;
  readonly runtime: string;
  readonly nodes: readonly NodeStatus[];
  readonly links: readonly LinkStatus[];
}
