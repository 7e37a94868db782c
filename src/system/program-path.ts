/** Where a program is, looked up as execvp(3) does. */
import { access, constants } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';

/** The program's file, or undefined when `path` holds none that this user may run. A name with a slash is a file already. */
export async function programPath(
  program: string,
  path = process.env.PATH ?? '',
): Promise<string | undefined> {
  for (const folder of program.includes('/') ? [''] : path.split(delimiter)) {
    const file = resolve(folder, program);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
