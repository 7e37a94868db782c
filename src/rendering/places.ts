/** Where things are on a production host and in its containers: the same paths everywhere, so that one configuration fits all. */
import type { NeighbourConfig } from '../config/anycast-config.ts';

export const configFile = '/etc/anycast/anycast.yaml';

/** One file per neighbour, which the sidecar alone may read. */
export const passwordFolder = '/etc/anycast/bgp-passwords';

/** Sockets and router files; the verbs' own default, so that `anycast status --pop NAME` needs no `--run-dir`. */
export const runDirectory = '/run/anycast';

/** The neighbours whose sessions have a password, in one form or the other. */
export function neighboursWithPassword(neighbours: readonly NeighbourConfig[]): readonly NeighbourConfig[] {
  return neighbours.filter(
    ({ password, passwordFile }) => password !== undefined || passwordFile !== undefined,
  );
}

/** The command that puts the passwords where the sidecar, which is this user, reads them; none where there are none. */
export function installPasswords(
  neighbours: readonly NeighbourConfig[],
  out: string,
  owner: string,
): string[] {
  if (neighboursWithPassword(neighbours).length === 0) return [];
  return [`install -D -m 0400 -o ${owner} -t ${passwordFolder} ${out}/config/bgp-passwords/*`];
}
