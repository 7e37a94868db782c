/** The registry of route drivers. A new kind is one file in `drivers/` and one line here. */
import type { RouteDriverKind } from './route-driver.ts';

export const routeDrivers: readonly RouteDriverKind[] = [];
