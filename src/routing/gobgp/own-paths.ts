/** The paths that this PoP originates in GoBGP: the fallback always, and beside it what the agent wants. */
import type { IpFamily } from '../../ip/address.ts';
import { type Announcement, plainAnnouncement } from '../announcement.ts';
import type { GobgpControl } from './gobgp-control.ts';
import { type GobgpPath, isLocal, pathKey, pathOf, slotKey } from './gobgp-path.ts';

const families: readonly IpFamily[] = [4, 6];

/** The prefix set of gobgpd's configuration that holds the fallback prefixes of a family. */
export function fallbackSet(family: IpFamily): string {
  return `fallback${family}`;
}

/**
 * Makes the router originate the fallback prefixes and exactly `desired` beside them, in one step. Whatever else came over
 * gRPC goes, whoever sent it.
 */
export async function originate(
  desired: readonly Announcement[],
  control: GobgpControl,
  signal: AbortSignal,
): Promise<void> {
  // Asked at once: a withdrawal waits for the answers.
  const [always, table] = await Promise.all([
    fallback(control, signal),
    inBothFamilies(family => control.paths({ family }, signal)),
  ]);
  const wanted = [...always, ...desired].map(each => pathOf(each, control.asn));
  const present = table.filter(isLocal);
  const wantedSlots = new Set(wanted.map(slotKey));
  const presentKeys = new Set(present.map(pathKey));
  const changes = [
    ...wanted.filter(path => !presentKeys.has(pathKey(path))),
    ...present
      .filter(path => !wantedSlots.has(slotKey(path)))
      .map((path): GobgpPath => ({ ...path, is_withdraw: true })),
  ];
  if (changes.length > 0) await control.change(changes, signal);
}

/** Makes the router originate the fallback prefixes, and leaves everything else as it is. */
export async function originateFallback(control: GobgpControl, signal: AbortSignal): Promise<void> {
  const paths = (await fallback(control, signal)).map(each => pathOf(each, control.asn));
  if (paths.length > 0) await control.change(paths, signal);
}

async function fallback(control: GobgpControl, signal: AbortSignal): Promise<readonly Announcement[]> {
  const prefixes = await inBothFamilies(family => control.prefixSet(fallbackSet(family), signal));
  return prefixes.map(plainAnnouncement);
}

async function inBothFamilies<T>(ask: (family: IpFamily) => Promise<readonly T[]>): Promise<readonly T[]> {
  return (await Promise.all(families.map(ask))).flat();
}
