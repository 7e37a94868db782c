/** Files that another program reads while we write: whole old or whole new, never half. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError, Fault } from './fault.ts';

/**
 * Makes the folder at `path`, and those above it, unless it is there.
 * Not `mkdir` with `recursive`: below /proc that one tries for ever (Node 24), with a processor to itself.
 * @throws Fault `environment` when it cannot be made.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdirs(path, mode);
  } catch (cause) {
    throw new Fault('environment', `cannot make the folder ${path}: ${describeError(cause)}`, {
      hint: 'make it yourself and give it to this user, or name another one',
      cause,
    });
  }
}

async function mkdirs(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await mkdirs(dirname(path), mode);
    await mkdir(path, mode);
  }
}

/** Replaces the file at `path` by temporary file, fsync and rename; the old content stays when any step fails. */
export async function writeFileAtomically(path: string, text: string, mode = 0o644): Promise<void> {
  await replaceFile(path, mode, handle => handle.writeFile(text));
}

/** As `writeFileAtomically`, for text that comes in pieces. What the pieces throw goes on. */
export async function writePiecesAtomically(
  path: string,
  pieces: AsyncIterable<string>,
  mode = 0o644,
): Promise<void> {
  await replaceFile(path, mode, async handle => {
    for await (const piece of pieces) await handle.appendFile(piece);
  });
}

async function replaceFile(
  path: string,
  mode: number,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w', mode);
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * As `writeFileAtomically`, before it returns: for a small file in memory that somebody waits for. There each of the eight
 * steps is done in microseconds, but waits for a thread and for its turn, and on a busy machine those are milliseconds.
 */
export function writeFileAtOnce(path: string, text: string, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const fd = openSync(temporary, 'w', mode);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was not made, or is the new file by now.
    }
    throw error;
  }
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The file's text, or undefined when there is no such file. */
export async function readFileIfAny(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(undefinedIfAbsent);
}

/** As `readFileIfAny`, for a small file in memory. */
export function readFileIfAnyAtOnce(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return undefinedIfAbsent(error);
  }
}

/** @throws Any error but that there is no such file. */
function undefinedIfAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
