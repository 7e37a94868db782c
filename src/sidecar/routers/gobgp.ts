/**
 * GoBGP as the PoP's router: its configuration, its command line, and its log.
 *
 * Its configuration can originate no route. So the fallback prefixes are announced over gRPC, once it answers and before
 * the sidecar says that it is ready.
 */
import { chmod, rm } from 'node:fs/promises';
import type { PopSlice } from '../../config/anycast-config.ts';
import { connectGobgp } from '../../routing/gobgp/gobgp-control.ts';
import { gobgpFolder } from '../../routing/gobgp/gobgp-folder.ts';
import { originateFallback } from '../../routing/gobgp/own-paths.ts';
import { renderGobgpConfig } from '../../routing/gobgp/render-config.ts';
import { Fault } from '../../system/fault.ts';
import { run } from '../../system/run.ts';
import type { RouterFile, RouterKind, RouterLogLine } from '../router.ts';

export const gobgpRouter: RouterKind = {
  kind: 'gobgp',
  // BGP's port; it opens no raw socket.
  capabilities: ['NET_BIND_SERVICE'],
  files,
  check,
  argv: runDirectory => {
    const { config, apiSocket } = gobgpFolder(runDirectory);
    // Never TCP: it would let every user of the machine command the router.
    return ['gobgpd', '--config-file', config, '--api-hosts', `unix://${apiSocket}`, '--pprof-disable'];
  },
  isReady,
  afterStart,
  readLogLine,
};

async function files(slice: PopSlice): Promise<readonly RouterFile[]> {
  return [{ path: gobgpFolder('').config, text: renderGobgpConfig(slice), mode: 0o600 }];
}

async function check(runDirectory: string, signal: AbortSignal): Promise<void> {
  const { config, apiSocket } = gobgpFolder(runDirectory);
  // gobgpd does not replace the socket of one that was killed.
  await rm(apiSocket, { force: true });
  const { exitCode, stdout } = await run(
    ['gobgpd', '--dry-run', '--pprof-disable', '--config-file', config],
    {
      signal,
    },
  );
  if (exitCode === 0) return;
  const [said = ''] = stdout.trim().split('\n').slice(-1);
  throw new Fault('config-invalid', `GoBGP refuses the configuration: ${readLogLine(said).message}`, {
    hint: `nothing was started; ${config} is made from anycast.yaml`,
  });
}

async function isReady(runDirectory: string, signal: AbortSignal): Promise<boolean> {
  try {
    const control = await connectGobgp(gobgpFolder(runDirectory).apiSocket, signal);
    control.close();
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'unreachable') return false;
    throw error;
  }
}

async function afterStart(runDirectory: string, signal: AbortSignal): Promise<void> {
  const { apiSocket } = gobgpFolder(runDirectory);
  // As BIRD's: owner and group, of which the agent must be one.
  await chmod(apiSocket, 0o660);
  const control = await connectGobgp(apiSocket, signal);
  try {
    await originateFallback(control, signal);
  } finally {
    control.close();
  }
}

/** The levels of logrus. */
const levels: Readonly<Record<string, RouterLogLine['level']>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/** What GoBGP says of each route that a neighbour sends and the import policy refuses, at the level of a warning. */
const refusedRoute = 'No matching path for withdraw found, may be path was not installed into table';

function readLogLine(line: string): RouterLogLine {
  const { level, msg, time, ...fields } = fieldsIn(line);
  const details = Object.entries(fields).map(([key, value]) =>
    typeof value === 'string' ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`,
  );
  if (msg === refusedRoute) return { level: 'debug', message: line };
  return { level: levels[String(level)] ?? 'info', message: [String(msg), ...details].join(' ') };
}

/** A JSON object; what does not come through the logger, as a stack trace, is no JSON. */
function fieldsIn(line: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields === 'object' && fields !== null) return { ...fields };
  } catch {
    // The line as it stands says what there is to say.
  }
  return { msg: line };
}
