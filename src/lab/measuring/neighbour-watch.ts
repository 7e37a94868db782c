/** Watches the kernel of a PoP's neighbours: when they stop forwarding the service addresses to the PoP. */
import type { AnycastConfig } from '../../config/anycast-config.ts';
import type { Clock } from '../../system/clock.ts';
import { onLines } from '../../system/lines.ts';
import type { Lab } from '../lab-runtime.ts';

export interface NeighbourWatch extends AsyncDisposable {
  /** Milliseconds from the fault until no neighbour forwards either family to the PoP; null when one still does. */
  leftMs(faultMs: number): number | null;
}

/** A route of a neighbour to a service address through the PoP. */
interface WatchedRoute {
  readonly node: string;
  readonly address: string;
  readonly via: string;
  /** When it was seen to change, and whether it led to the PoP then. */
  readonly changes: { readonly atMs: number; readonly toPop: boolean }[];
}

/** `ip monitor` prints a line as the kernel changes a route; it is stamped when it arrives here. */
export function watchNeighbours(lab: Lab, config: AnycastConfig, pop: string, clock: Clock): NeighbourWatch {
  const routes = routesThrough(config, pop);
  const children = [...new Set(routes.map(({ node }) => node))].map(node => {
    const child = lab.spawn(node, ['ip', 'monitor', 'route']);
    onLines(child.stdout, line => {
      const words = line.trim().split(/\s+/);
      const isDeleted = words[0] === 'Deleted';
      const route = routes.find(each => each.node === node && each.address === words[isDeleted ? 1 : 0]);
      const toPop = !isDeleted && words[words.indexOf('via') + 1] === route?.via;
      route?.changes.push({ atMs: clock.monotonicMs(), toPop });
    });
    return child;
  });
  return {
    leftMs(faultMs) {
      const left = routes.map(
        ({ changes }) => changes.find(({ atMs, toPop }) => atMs > faultMs && !toPop)?.atMs,
      );
      return left.includes(undefined) ? null : Math.max(...left.map(atMs => atMs ?? 0)) - faultMs;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(child => child[Symbol.asyncDispose]()));
    },
  };
}

function routesThrough({ pops, service }: AnycastConfig, pop: string): WatchedRoute[] {
  const neighbours = pops[pop]?.neighbours ?? [];
  return neighbours.flatMap(({ name, sessions }) =>
    sessions.flatMap(({ local }) =>
      service.addresses
        .filter(({ family }) => family === local.family)
        .map(address => ({ node: name, address: address.text, via: local.text, changes: [] })),
    ),
  );
}
