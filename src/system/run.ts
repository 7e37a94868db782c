/** Runs a program to its end with an argv array, and gives what it printed. Never through a shell. */
import { execa } from 'execa';
import { Fault } from './fault.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds after which the program is killed; 10 s unless told. */
  readonly timeoutMs?: number;
  /** Standard input; closed when absent. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Octets of output kept of each stream; a program that prints more is ended. */
const outputLimit = 16 * 1024 * 1024;

/**
 * Runs `argv`. A non-zero exit is a result, not an error.
 * @throws Fault `environment` when the program is missing, `timeout` when it did not end in time; the signal's reason when aborted.
 */
export async function run(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<RunResult> {
  const [program, ...args] = argv;
  const timeoutMs = options.timeoutMs ?? 10_000;
  const result = await execa(program, args, {
    reject: false,
    timeout: timeoutMs,
    maxBuffer: outputLimit,
    // It would watch for signals, and raise one again when it finds nobody else listening any more (signal-exit): a process
    // that was told to end while a program ran would be killed before it has put things in order.
    cleanup: false,
    ...(options.signal && { cancelSignal: options.signal }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env && { env: options.env }),
  });
  if (options.signal?.aborted) throw options.signal.reason;
  if (result.timedOut)
    throw new Fault('timeout', `${program} did not end within ${timeoutMs} ms`, { cause: result });
  if (result.exitCode === undefined && result.code === 'ENOENT') {
    throw new Fault('environment', `the program ${program} is not installed`, {
      hint: 'run ./anycast setup: it names the package and installs it where it may',
      cause: result,
    });
  }
  return { exitCode: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr };
}

/** Runs `argv` and gives its standard output. @throws Fault `refused` when it exits other than 0, and all that `run` throws. */
export async function runOrThrow(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(argv, options);
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr || result.stdout).trim().split('\n').at(-1) ?? '';
  throw new Fault('refused', `${argv.join(' ')} exited ${result.exitCode}: ${said}`);
}
