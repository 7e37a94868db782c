/** BIRD as the PoP's router: its files, its command line, and its log. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PopSlice } from '../../config/anycast-config.ts';
import { connectBird } from '../../routing/bird/bird-control.ts';
import { birdFolder } from '../../routing/bird/bird-folder.ts';
import { renderAnnounced } from '../../routing/bird/render-announced.ts';
import { renderNeighbours } from '../../routing/bird/render-neighbours.ts';
import { renderSite } from '../../routing/bird/render-site.ts';
import { Fault } from '../../system/fault.ts';
import { makeFolder, writeFileAtomically } from '../../system/files.ts';
import { run } from '../../system/run.ts';
import type { RouterKind, RouterLogLine } from '../router.ts';

const rules = fileURLToPath(new URL('../../../bird-configs/pop/bird.conf', import.meta.url));

export const birdRouter: RouterKind = {
  kind: 'bird',
  prepare,
  argv: runDirectory => {
    const { config, controlSocket } = birdFolder(runDirectory);
    return ['bird', '-f', '-c', config, '-s', controlSocket];
  },
  isReady,
  readLogLine,
};

async function prepare(slice: PopSlice, runDirectory: string, signal: AbortSignal): Promise<void> {
  const folder = birdFolder(runDirectory);
  await makeFolder(folder.path, 0o770);
  await writeFileAtomically(folder.config, await readFile(rules, 'utf8'));
  await writeFileAtomically(folder.site, renderSite(slice));
  await writeFileAtomically(folder.neighbours, renderNeighbours(slice), 0o600);
  await writeFileAtomically(folder.announced, renderAnnounced([]));
  const check = await run(['bird', '-p', '-c', folder.config], { signal });
  if (check.exitCode === 0) return;
  throw new Fault('config-invalid', `BIRD refuses the configuration: ${complaint(check.stderr)}`, {
    hint: `nothing was started; the files are made from anycast.yaml and ${rules}`,
  });
}

/** BIRD's complaint without its own name in front: file, line, column, and what it did not understand. */
function complaint(stderr: string): string {
  return (
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^bird: /, '') ?? ''
  );
}

async function isReady(runDirectory: string, signal: AbortSignal): Promise<boolean> {
  try {
    await using control = await connectBird(birdFolder(runDirectory).controlSocket, signal);
    return !control.isClosed;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return false;
    throw error;
  }
}

/** BIRD's message classes; `RMT` is what a neighbour told us, `AUTH` a packet with a bad password. */
const levels: Readonly<Record<string, RouterLogLine['level']>> = {
  DBG: 'debug',
  TRACE: 'debug',
  INFO: 'info',
  RMT: 'warn',
  WARN: 'warn',
  AUTH: 'warn',
  ERR: 'error',
  FATAL: 'error',
  BUG: 'error',
};

function readLogLine(line: string): RouterLogLine {
  const [, name = '', message] = /<([A-Z]+)> (.*)$/.exec(line) ?? [];
  return { level: levels[name] ?? 'info', message: message ?? line.replace(/^bird: /, '') };
}
