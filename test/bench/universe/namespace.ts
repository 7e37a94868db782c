/**
 * A network of a measurement's own: it runs itself once more inside namespaces where every address of the benchmark range
 * (198.18.0.0/15, RFC 2544) is this machine's, so that any program may have port 53 of an address without root, and
 * nothing of the machine is touched.
 *
 * The measurement is PID 1 in there: whatever it started ends with it. It ends when its standard input does, and that is
 * a pipe from the process outside, so that nothing is left behind even when that one is killed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { describeWithHint, exitCodes, Fault } from '../../../src/system/fault.ts';
import { run } from '../../../src/system/run.ts';

const mark = 'ANYCAST_BENCH_NAMESPACE';

/** The server under test has a processor to itself; all else, this process too, shares the other. */
export const cores = { measured: 0, others: 1 } as const;

/** For a server with so many workers: the measured processor, or both. */
export function coresFor(workers: 1 | 2): readonly number[] {
  return workers === 1 ? [cores.measured] : [cores.measured, cores.others];
}

const unshare = ['--user', '--map-root-user', '--mount', '--net', '--pid', '--fork', '--mount-proc'];
const script = 'ip link set lo up && ip address add 198.18.0.0/15 dev lo && exec "$@"';

/** Milliseconds to put things in order after being told to end. */
const endsWithinMs = 10_000;
const installTimeoutMs = 300_000;

export interface NamespaceRun {
  /** `program:package`, installed where they are missing and that may be done. */
  readonly programs: readonly string[];
  /** The measurement; aborted when it is to end. Gives the exit code. */
  measure(signal: AbortSignal): Promise<number>;
}

/**
 * Runs `measure` in a network of its own, with this process's arguments, and gives its exit code. What it throws is said on
 * standard error, and the measurement counts as not run.
 */
export async function inNamespace(options: NamespaceRun): Promise<number> {
  try {
    return await runInside(options);
  } catch (error) {
    process.stderr.write(`${describeWithHint(error)}\n`);
    return exitCodes.notRun;
  } finally {
    // Standard input is open in there, and would keep the process from ending.
    process.stdin.destroy();
  }
}

async function runInside({ programs, measure }: NamespaceRun): Promise<number> {
  if (process.env[mark] !== undefined) return await measure(endOfInput());
  if (availableParallelism() < 2)
    throw new Fault('environment', 'this measurement needs two processors: one is the measured server’s own');
  const setup = await run(['./anycast', 'setup', ...programs], { timeoutMs: installTimeoutMs });
  if (setup.exitCode !== 0) throw new Fault('environment', setup.stderr.trim());
  const again = ['taskset', '-c', String(cores.others), process.execPath, ...process.argv.slice(1)];
  const child = spawn('unshare', [...unshare, '--kill-child', 'sh', '-c', script, 'sh', ...again], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, [mark]: '1' },
  });
  const end = (): void => {
    child.stdin.end();
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, end);
  try {
    const [code] = await once(child, 'close');
    return code ?? 128;
  } finally {
    for (const name of names) process.off(name, end);
  }
}

function endOfInput(): AbortSignal {
  const stop = new AbortController();
  process.stdin.resume();
  process.stdin.once('end', () => {
    stop.abort(new Fault('refused', 'interrupted'));
    setTimeout(() => process.exit(128), endsWithinMs).unref();
  });
  return stop.signal;
}
