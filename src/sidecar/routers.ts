/** The registry of routers the sidecar can run. A new one is one file in `routers/` and one line here. */
import { Fault } from '../system/fault.ts';
import type { RouterKind } from './router.ts';
import { birdRouter } from './routers/bird.ts';
import { gobgpRouter } from './routers/gobgp.ts';

export const routers: readonly RouterKind[] = [birdRouter, gobgpRouter];

/** @throws Fault `usage` when the driver needs no router. */
export function routerOf(kind: string): RouterKind {
  const router = routers.find(candidate => candidate.kind === kind);
  if (router) return router;
  throw new Fault('usage', `the driver '${kind}' has no router to run`, {
    hint: `drivers with a router: ${routers.map(known => known.kind).join(', ')}`,
  });
}
