/** Becoming another program: same process, same number, so that whoever signals us signals it. */
import { Fault } from './fault.ts';
import { programPath } from './program-path.ts';

/** Replaces this process by the program of `argv`, looked up in PATH. @throws Fault `environment` when there is none. */
export async function becomeProgram(argv: readonly [string, ...string[]]): Promise<never> {
  const [program] = argv;
  const path = await programPath(program);
  if (path === undefined || process.execve === undefined) {
    throw new Fault('environment', `the program ${program} is not installed`);
  }
  return process.execve(path, [...argv], process.env as Record<string, string>);
}
