/**
 * The processes of a PoP as whoever starts them must know them: command, rights, and how long each may take to stop.
 *
 * Order up: resolver, sidecar, agent. Order down, the reverse: the agent withdraws and drains while the resolver still
 * answers whom the routes still bring, and the resolver goes last.
 */
import type { AnycastConfig, PopSlice } from '../config/anycast-config.ts';
import { routerOf } from '../sidecar/routers.ts';
import { configFile, runDirectory } from './places.ts';

export type ProcessName = 'resolver' | 'sidecar' | 'agent';

export interface PopProcess {
  readonly name: ProcessName;
  readonly summary: string;
  /** The verb and its options. */
  readonly args: readonly string[];
  /** As capabilities(7) names them, without `CAP_`. */
  readonly capabilities: readonly string[];
  readonly stopSeconds: number;
  /** The verb that has it read the configuration again, and its options; absent: it must be restarted for that. */
  readonly reloadArgs?: readonly string[];
}

/** Ports below this are root's (ip_unprivileged_port_start). */
const firstFreePort = 1024;

/** Seconds that are enough for a resolver to answer what it has taken, and for a sidecar to close its sessions (3 s). */
const quickStop = 10;

export function popProcesses({ name: pop, pop: { driver }, config }: PopSlice): readonly PopProcess[] {
  const args = (...verb: readonly string[]): readonly string[] => [
    ...verb,
    '--config',
    configFile,
    '--pop',
    pop,
    '--run-dir',
    runDirectory,
  ];
  return [
    {
      name: 'resolver',
      summary: `answers DNS at ${pop}`,
      args: args('resolver'),
      reloadArgs: args('config', 'reload'),
      capabilities: config.resolver.port < firstFreePort ? ['NET_BIND_SERVICE'] : [],
      stopSeconds: quickStop,
    },
    {
      name: 'sidecar',
      summary: `runs the router of ${pop}`,
      args: args('sidecar'),
      capabilities: routerOf(driver).capabilities,
      stopSeconds: quickStop,
    },
    {
      name: 'agent',
      summary: `announces ${pop} while it is healthy`,
      args: args('agent'),
      // The service address is put on lo, and taken off again.
      capabilities: ['NET_ADMIN'],
      stopSeconds: drainSeconds(config),
    },
  ];
}

/** Seconds between SIGTERM and the agent's end at worst: the whole drain, and time to see what the router does. */
function drainSeconds({ drain }: AnycastConfig): number {
  const { gracefulShutdown, quiet, timeout } = drain;
  const wait = gracefulShutdown === 'off' ? 0 : gracefulShutdown.wait;
  return Math.ceil((wait + quiet + timeout) / 1000) + quickStop;
}
