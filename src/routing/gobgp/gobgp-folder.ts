/** The files that sidecar, agent and gobgpd of one PoP share: `gobgp/` in the PoP's run directory. */
import { join } from 'node:path';

export interface GobgpFolder {
  readonly path: string;
  /** Written by the sidecar; may hold passwords. */
  readonly config: string;
  /** The gRPC API; who may open it may command the router. */
  readonly apiSocket: string;
}

export function gobgpFolder(runDirectory: string): GobgpFolder {
  const path = join(runDirectory, 'gobgp');
  return { path, config: join(path, 'gobgpd.toml'), apiSocket: join(path, 'gobgpd.sock') };
}
