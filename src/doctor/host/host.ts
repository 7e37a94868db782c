/** What several examinations look at, read once and when first asked for. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { RouterProbe, SeenRouter } from '../router-probe.ts';
import { routerProbes } from '../routers.ts';
import { type Interface, readInterfaces } from './interfaces.ts';
import { askKitProcesses, type KitProcesses } from './kit-processes.ts';
import { type SocketAccess, socketAccess } from './socket-access.ts';

export interface Host {
  interfaces(): Promise<readonly Interface[]>;
  kitProcesses(): Promise<KitProcesses>;
  router(): Promise<RouterSight>;
}

/** What could be seen of the PoP's router. */
export type RouterSight =
  | { readonly state: 'none'; readonly why: string }
  | {
      readonly state: 'silent';
      readonly probe: RouterProbe;
      readonly why: string;
      /** To its control socket. */
      readonly access: SocketAccess;
    }
  | { readonly state: 'seen'; readonly probe: RouterProbe; readonly router: SeenRouter };

export interface HostOptions {
  readonly slice?: PopSlice;
  readonly runDirectory: string;
  readonly signal: AbortSignal;
}

export function lookAtHost({ slice, runDirectory, signal }: HostOptions): Host {
  return {
    interfaces: once(() => readInterfaces(signal)),
    kitProcesses: once(() => askKitProcesses(runDirectory, slice?.name, signal)),
    router: once(() => seeRouter(slice, runDirectory, signal)),
  };
}

async function seeRouter(
  slice: PopSlice | undefined,
  runDirectory: string,
  signal: AbortSignal,
): Promise<RouterSight> {
  if (!slice) return { state: 'none', why: 'no PoP is named' };
  const probe = routerProbes.find(({ kind }) => kind === slice.pop.driver);
  if (!probe) return { state: 'none', why: `the driver '${slice.pop.driver}' has no router` };
  try {
    return { state: 'seen', probe, router: await probe.look(slice, runDirectory, signal) };
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Fault ? error.message : describeError(error);
    return { state: 'silent', probe, why, access: await socketAccess(probe.controlSocket(runDirectory)) };
  }
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}
