/** How what the router exports differs from what it should export. Pure. */
import { type Announcement, attributesKey } from '../routing/announcement.ts';
import type { Observation } from '../routing/route-driver.ts';

export interface RouteDifference {
  /** Desired, not exported, although a session of that family is established. */
  readonly missing: readonly string[];
  /** Desired, not exported, and no session of that family could carry it. */
  readonly waiting: readonly string[];
  /** Exported, neither desired nor a fallback prefix. */
  readonly extra: readonly string[];
  /** Desired and exported, but to some neighbour with other attributes than desired. */
  readonly different: readonly string[];
}

export function routeDifference(
  desired: readonly Announcement[],
  { exported, sessions }: Observation,
  fallback: ReadonlySet<string>,
): RouteDifference {
  const families = new Set(
    sessions.filter(session => session.state === 'established').map(session => session.family),
  );
  const absent = desired.map(({ prefix }) => prefix).filter(prefix => !exported.has(prefix.text));
  const wanted = new Set(desired.map(({ prefix }) => prefix.text));
  return {
    missing: absent.filter(prefix => families.has(prefix.family)).map(prefix => prefix.text),
    waiting: absent.filter(prefix => !families.has(prefix.family)).map(prefix => prefix.text),
    extra: [...exported.keys()].filter(prefix => !wanted.has(prefix) && !fallback.has(prefix)),
    different: desired
      .filter(route => {
        const key = attributesKey(route);
        return exported.get(route.prefix.text)?.some(sent => attributesKey(sent) !== key) ?? false;
      })
      .map(({ prefix }) => prefix.text),
  };
}

/** Whether the router does what it was told and can tell the world. */
export function isNoDifference({ missing, waiting, extra, different }: RouteDifference): boolean {
  return missing.length + waiting.length + extra.length + different.length === 0;
}

/** Whether the router does other than it was told; a session that is down is no such thing. */
export function isDrift({ missing, extra, different }: RouteDifference): boolean {
  return missing.length + extra.length + different.length > 0;
}
