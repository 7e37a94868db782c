/** Becoming another program: same process, same number, so that whoever signals us signals it. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Fault } from './fault.ts';

/** Replaces this process by the program of `argv`, looked up in PATH. @throws Fault `environment` when there is none. */
export async function becomeProgram(argv: readonly [string, ...string[]]): Promise<never> {
  const [program] = argv;
  const path = await inPath(program);
  if (path === undefined || process.execve === undefined) {
    throw new Fault('environment', `the program ${program} is not installed`);
  }
  return process.execve(path, [...argv], process.env as Record<string, string>);
}

async function inPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
