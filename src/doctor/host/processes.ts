/** Other processes, as far as this user may see them below /proc. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

export interface SeenProcess {
  readonly pid: number;
  /** `bird`, `systemd-resolve`; of the kit's own `anycast resolver`. */
  readonly program: string;
  readonly argv: readonly string[];
}

/** The owners of these sockets, by inode. Sockets of other users' processes show to root only, and are left out. */
export async function socketOwners(inodes: ReadonlySet<number>): Promise<ReadonlyMap<number, SeenProcess>> {
  const owners = new Map<number, SeenProcess>();
  if (inodes.size === 0) return owners;
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)) {
    const held = (await socketsOf(pid)).filter(inode => inodes.has(inode));
    const process = held.length > 0 ? await seenProcess(pid) : undefined;
    if (process) for (const inode of held) owners.set(inode, process);
  }
  return owners;
}

/** The process as /proc shows it, or undefined when it is gone or hidden. */
export async function seenProcess(pid: number): Promise<SeenProcess | undefined> {
  try {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').filter(Boolean);
    const comm = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
    return { pid, argv, program: programName(argv, comm) };
  } catch {
    return undefined;
  }
}

/** Node's own name is `MainThread`, so the kit's processes are told by their command line. */
export function programName(argv: readonly string[], comm: string): string {
  const main = argv.findIndex(word => word.endsWith('/src/main.ts'));
  if (main > 0) return ['anycast', ...argv.slice(main + 1, main + 2)].join(' ');
  const [program = comm] = argv;
  // A process that renames itself shows a title there and not a path.
  return basename(program.split(' ')[0] ?? comm) || comm;
}

async function socketsOf(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(names.map(name => readlink(`${folder}/${name}`).catch(() => '')));
  return links
    .map(link => /^socket:\[(\d+)\]$/.exec(link)?.[1])
    .flatMap(inode => (inode ? [Number(inode)] : []));
}
