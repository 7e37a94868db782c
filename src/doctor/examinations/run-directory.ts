/** The folder of the PoP's control sockets: whoever may write there commands the PoP. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';

export const runDirectoryExamination: Examination = {
  name: 'run-directory',
  looksAt: 'run directory',
  needs: 'host',
  async examine({ runDirectory }) {
    const found = await stat(runDirectory).catch(() => undefined);
    return [
      judgeRunDirectory(runDirectory, {
        kind: found === undefined ? 'missing' : found.isDirectory() ? 'folder' : 'other',
        mode: found?.mode ?? 0,
        writable: await mayWrite(found === undefined ? await nearestFolder(runDirectory) : runDirectory),
      }),
    ];
  },
};

export interface SeenFolder {
  readonly kind: 'folder' | 'missing' | 'other';
  /** As stat(2) has it. */
  readonly mode: number;
  /** By this user: the folder, or the one in which it would be made. */
  readonly writable: boolean;
}

export function judgeRunDirectory(path: string, { kind, mode, writable }: SeenFolder): Finding {
  const inUnit = {
    advice: 'deploy/systemd/tmpfiles.d/anycast.conf makes it at each start, for the group anycast',
  };
  switch (kind) {
    case 'other':
      return fail(path, 'is not a folder', { advice: 'name another one with --run-dir' });
    case 'missing':
      return writable
        ? pass(path, 'not there yet; whichever process starts first makes it')
        : warn(path, 'not there, and this user may not make it', inUnit);
    case 'folder':
      if ((mode & 0o002) !== 0)
        return fail(path, 'anybody may write there, and so command this PoP', { run: `chmod o-w ${path}` });
      return writable ? pass(path, 'writable') : warn(path, 'this user may not write there', inUnit);
    default:
      return kind satisfies never;
  }
}

async function mayWrite(path: string): Promise<boolean> {
  return await access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The lowest folder above `path` that is there. */
async function nearestFolder(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  return (await stat(above).catch(() => undefined)) ? above : await nearestFolder(above);
}
