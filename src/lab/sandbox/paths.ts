/** Where things are inside a sandbox, whose /run is its own. */

export const runRoot = '/run/anycast-lab';

export const controlSocketPath = `${runRoot}/control.sock`;

/** The handle that `ip netns` makes for a node's network namespace. */
export function netnsPath(node: string): string {
  return `/run/netns/${node}`;
}

/** Debian keeps bird, nsd and ip where an ordinary user's PATH does not look. */
export function searchPath(path = process.env.PATH ?? ''): string {
  return [path, '/usr/sbin', '/sbin'].filter(part => part !== '').join(':');
}
