/** The registry of route drivers. A new kind is one file in `drivers/` and one line here. */
import { birdDriver } from './drivers/bird.ts';
import { gobgpDriver } from './drivers/gobgp.ts';
import { memoryDriver } from './drivers/memory.ts';
import type { RouteDriverKind } from './route-driver.ts';

export const routeDrivers: readonly RouteDriverKind[] = [birdDriver, gobgpDriver, memoryDriver];
