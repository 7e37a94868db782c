/** The registry of routers that the doctor can look at. A new one is one file in `routers/` and one line here. */
import type { RouterProbe } from './router-probe.ts';
import { birdProbe } from './routers/bird.ts';
import { gobgpProbe } from './routers/gobgp.ts';

export const routerProbes: readonly RouterProbe[] = [birdProbe, gobgpProbe];
