/** Whether a wish only takes away from what the router exports: what an agent may apply without a lease. Pure. */
import { type Announcement, attributesKey } from '../../routing/announcement.ts';
import type { Observation } from '../../routing/route-driver.ts';

/**
 * Whether each of `desired` is exported already, to every neighbour with just these attributes, so that applying it
 * announces nothing that is not announced. Nothing at all is always less.
 */
export function announcesLess(
  desired: readonly Announcement[],
  exported: Observation['exported'] = new Map(),
): boolean {
  return desired.every(announcement => {
    const routes = exported.get(announcement.prefix.text) ?? [];
    return routes.length > 0 && routes.every(route => attributesKey(route) === attributesKey(announcement));
  });
}
