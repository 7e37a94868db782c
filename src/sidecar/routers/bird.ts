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
import { run } from '../../system/run.ts';
import type { RouterFile, RouterKind, RouterLogLine } from '../router.ts';

const rules = fileURLToPath(new URL('../../../bird-configs/pop/bird.conf', import.meta.url));

export const birdRouter: RouterKind = {
  kind: 'bird',
  // What BIRD itself keeps when it gives up being root (sysdep/linux/syspriv.h): BGP's port; the priority and the
  // addresses of its sockets; BFD.
  capabilities: ['NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW'],
  files,
  check,
  argv: runDirectory => {
    const { config, controlSocket } = birdFolder(runDirectory);
    return ['bird', '-f', '-c', config, '-s', controlSocket];
  },
  isReady,
  readLogLine,
};

async function files(slice: PopSlice): Promise<readonly RouterFile[]> {
  const { config, site, neighbours, announced } = birdFolder('');
  return [
    { path: config, text: await readFile(rules, 'utf8'), mode: 0o644 },
    { path: site, text: renderSite(slice), mode: 0o644 },
    { path: neighbours, text: renderNeighbours(slice), mode: 0o600 },
    { path: announced, text: renderAnnounced([]), mode: 0o644 },
  ];
}

async function check(runDirectory: string, signal: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await run(['bird', '-p', '-c', birdFolder(runDirectory).config], { signal });
  if (exitCode === 0) return;
  throw new Fault('config-invalid', `BIRD refuses the configuration: ${complaint(stderr)}`, {
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
