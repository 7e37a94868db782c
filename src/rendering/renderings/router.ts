/** The router's own files, as the sidecar writes them when it starts: to be read, or for a router that runs without it. */
import { routerOf } from '../../sidecar/routers.ts';
import type { RenderingKind } from '../rendering.ts';

export const routerRendering: RenderingKind = {
  kind: 'router',
  summary: 'the files of BIRD or GoBGP, as the sidecar writes them',
  render: async slice => await routerOf(slice.pop.driver).files(slice),
  next: () => ['# router/ is to be read: the sidecar writes the same files when it starts.'],
};
