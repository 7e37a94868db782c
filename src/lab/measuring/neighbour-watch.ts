/**
 * Watches the kernels of the PoPs' neighbours: whether they forward the service addresses and the fallback prefixes to
 * the PoPs, and each change of that.
 */
import type { AnycastConfig } from '../../config/anycast-config.ts';
import type { Clock } from '../../system/clock.ts';
import { onLines } from '../../system/lines.ts';
import type { Lab } from '../lab-runtime.ts';

export interface NeighbourWatch extends AsyncDisposable {
  /** What became of the routes through a PoP since a moment. */
  changesOf(pop: string, sinceMs: number): RouteChanges;
  /** Whether a neighbour forwards a service address to the PoP, as far as it was seen. */
  isForwardedTo(pop: string): boolean;
  /** Whether every neighbour does, with every address. */
  isWhole(pop: string): boolean;
}

export interface RouteChanges {
  /** Milliseconds until no neighbour forwarded a service address to the PoP; null when one always did. */
  readonly leftMs: number | null;
  /** How often the route to one service address came or went, at the neighbour and address where it did most often. */
  readonly changes: number;
  /** How often the routes to fallback prefixes came or went, all together. */
  readonly fallbackChanges: number;
}

/** A neighbour's route through the PoP, which is taken to be there when the watch begins. */
export interface WatchedRoute {
  readonly pop: string;
  readonly node: string;
  readonly kind: 'service' | 'fallback';
  /** As ip(8) prints it: a host route without its length. */
  readonly prefix: string;
  readonly via: string;
  /** When it came to lead to the PoP, or ceased to. */
  readonly changes: { readonly atMs: number; readonly toPop: boolean }[];
}

/** `ip monitor` prints a line as the kernel changes a route; it is stamped when it arrives here. */
export function watchNeighbours(lab: Lab, config: AnycastConfig, clock: Clock): NeighbourWatch {
  const routes = watchedRoutes(config);
  const children = [...new Set(routes.map(({ node }) => node))].map(node => {
    const child = lab.spawn(node, ['ip', 'monitor', 'route']);
    const own = routes.filter(route => route.node === node);
    onLines(child.stdout, line => noteLine(own, line, clock.monotonicMs()));
    return child;
  });
  return {
    changesOf: (pop, sinceMs) => changesOf(routes, pop, sinceMs),
    isForwardedTo: pop => serviceRoutes(routes, pop).some(isThere),
    isWhole: pop => serviceRoutes(routes, pop).every(isThere),
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(child => child[Symbol.asyncDispose]()));
    },
  };
}

function isThere({ changes }: WatchedRoute): boolean {
  return changes.at(-1)?.toPop ?? true;
}

/** Notes what a line of `ip monitor route` says of these routes of one node. */
export function noteLine(routes: readonly WatchedRoute[], line: string, atMs: number): void {
  const words = line.trim().split(/\s+/);
  const isDeleted = words[0] === 'Deleted';
  const prefix = words[isDeleted ? 1 : 0];
  const via = words.includes('via') ? words[words.indexOf('via') + 1] : undefined;
  for (const route of routes) {
    if (route.prefix !== prefix) continue;
    // A route through another node, and the end of one, say nothing of the route through this PoP when that is gone already.
    const before = isThere(route);
    const toPop = via === route.via ? !isDeleted : isDeleted && before;
    if (toPop !== before) route.changes.push({ atMs, toPop });
  }
}

export function changesOf(routes: readonly WatchedRoute[], pop: string, sinceMs: number): RouteChanges {
  const count = (route: WatchedRoute): number => route.changes.filter(({ atMs }) => atMs > sinceMs).length;
  const service = serviceRoutes(routes, pop);
  const fallback = routes.filter(route => route.pop === pop && route.kind === 'fallback');
  const left = service.map(route => leftAt(route, sinceMs));
  return {
    leftMs: left.includes(undefined) ? null : Math.max(...left.map(atMs => atMs ?? 0)) - sinceMs,
    changes: Math.max(0, ...service.map(count)),
    fallbackChanges: fallback.map(count).reduce((sum, each) => sum + each, 0),
  };
}

/** When a route ceased to lead to the PoP; at once when it did not at that moment. */
function leftAt({ changes }: WatchedRoute, sinceMs: number): number | undefined {
  const wasThere = changes.findLast(({ atMs }) => atMs <= sinceMs)?.toPop ?? true;
  return wasThere ? changes.find(({ atMs, toPop }) => atMs > sinceMs && !toPop)?.atMs : sinceMs;
}

/** Every route that each neighbour has through each PoP when all is well. */
export function watchedRoutes({ pops, service }: AnycastConfig): WatchedRoute[] {
  const targets = [
    ...service.addresses.map(({ family, text }) => ({ kind: 'service' as const, family, prefix: text })),
    ...service.fallback.map(({ family, text }) => ({ kind: 'fallback' as const, family, prefix: text })),
  ];
  return Object.entries(pops).flatMap(([pop, { neighbours }]) =>
    neighbours.flatMap(({ name, sessions }) =>
      sessions.flatMap(({ local }) =>
        targets
          .filter(({ family }) => family === local.family)
          .map(({ kind, prefix }) => ({ pop, node: name, kind, prefix, via: local.text, changes: [] })),
      ),
    ),
  );
}

function serviceRoutes(routes: readonly WatchedRoute[], pop: string): WatchedRoute[] {
  return routes.filter(route => route.pop === pop && route.kind === 'service');
}
