/** BGP passwords that a file holds: read once, before the router's files are written. */
import { readFile } from 'node:fs/promises';
import { longestPassword, type NeighbourConfig, type PopSlice } from '../config/anycast-config.ts';
import { describeError, Fault } from '../system/fault.ts';

/** The slice with every neighbour's password in it. @throws Fault `environment` when a file cannot be read, `config-invalid` when it holds no password. */
export async function withPasswords(slice: PopSlice): Promise<PopSlice> {
  const neighbours = await Promise.all(slice.pop.neighbours.map(withPassword));
  return { ...slice, pop: { ...slice.pop, neighbours } };
}

async function withPassword(neighbour: NeighbourConfig): Promise<NeighbourConfig> {
  const { passwordFile, ...rest } = neighbour;
  if (passwordFile === undefined) return neighbour;
  const password = (await read(neighbour.name, passwordFile)).replace(/\r?\n$/, '');
  if (password.length > 0 && password.length <= longestPassword) return { ...rest, password };
  throw new Fault(
    'config-invalid',
    `${passwordFile} holds ${password.length} characters: a password has 1 to ${longestPassword}`,
    { hint: `write the password of neighbour ${neighbour.name} into it, and nothing else` },
  );
}

async function read(neighbour: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Fault(
      'environment',
      `cannot read the password of neighbour ${neighbour}: ${describeError(cause)}`,
      { hint: `put it into ${path}, readable by the sidecar's user alone`, cause },
    );
  }
}
