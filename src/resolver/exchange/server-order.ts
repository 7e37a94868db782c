/**
 * In which order a zone's servers are asked.
 *
 * Untried ones come first, to learn how fast they are. Of the tried ones the first is drawn by chance from those that
 * are about as fast as the fastest, so that load is shared and a forger cannot tell who will be asked; then the rest by
 * their time. Who was not chosen seems a little faster each time, until it is tried again. Those that are down, and those
 * that were found not to serve the zone, come last: they are asked when nobody else has helped.
 */
import type { IpFamily } from '../../ip/address.ts';
import type { Entropy } from './entropy.ts';
import type { Server } from './server.ts';

export interface OrderOptions {
  readonly zoneKey: string;
  readonly nowMs: number;
  readonly entropy: Pick<Entropy, 'below'>;
  /** Whether nothing of this family has answered of late: its untried servers are no promise then. */
  readonly isFamilySilent: (family: IpFamily) => boolean;
}

/** Best first. */
const ranks = ['untried', 'tried', 'doubtful', 'down', 'lame'] as const;
type Rank = (typeof ranks)[number];

/** About as fast: a quarter more than the fastest takes, or this many milliseconds. */
const bandShare = 1.25;
const bandMs = 8;

export function serverOrder(servers: readonly Server[], options: OrderOptions): Server[] {
  if (servers.length < 2) return [...servers];
  const order = servers.every(server => rankOf(server, options) === 'tried')
    ? orderTried([...servers], options)
    : orderByRank(servers, options);
  for (let index = 1; index < order.length; index += 1) order[index]?.passedOver();
  return order;
}

function orderByRank(servers: readonly Server[], options: OrderOptions): Server[] {
  const classes: Server[][] = ranks.map(() => []);
  for (const server of servers) classes[ranks.indexOf(rankOf(server, options))]?.push(server);
  const [untried = [], tried = [], doubtful = [], down = [], lame = []] = classes;
  for (const list of [untried, doubtful, down, lame]) drawFirst(list, list.length, options);
  return [...untried, ...orderTried(tried, options), ...doubtful, ...down, ...lame];
}

/** In place: by their time, the first drawn from those that are about as fast as the fastest. */
function orderTried(servers: Server[], options: OrderOptions): Server[] {
  sortByTime(servers);
  const best = servers[0]?.expectedMs ?? 0;
  const most = Math.max(best * bandShare, best + bandMs);
  let band = 0;
  while ((servers[band]?.expectedMs ?? Number.POSITIVE_INFINITY) <= most) band += 1;
  drawFirst(servers, band, options);
  return servers;
}

/** In place, by insertion: they are few, and mostly in order. */
function sortByTime(servers: Server[]): void {
  for (let index = 1; index < servers.length; index += 1) {
    const server = servers[index];
    if (!server) continue;
    const { expectedMs } = server;
    let at = index;
    for (let before = servers[at - 1]; before && before.expectedMs > expectedMs; before = servers[at - 1]) {
      servers[at] = before;
      at -= 1;
    }
    servers[at] = server;
  }
}

function rankOf(server: Server, { zoneKey, nowMs, isFamilySilent }: OrderOptions): Rank {
  if (server.isLame(zoneKey, nowMs)) return 'lame';
  if (server.isDown) return 'down';
  if (!server.isUntried) return 'tried';
  return isFamilySilent(server.address.family) ? 'doubtful' : 'untried';
}

/** Puts one of the first `count` first. */
function drawFirst(servers: Server[], count: number, { entropy }: OrderOptions): void {
  const index = count < 2 ? 0 : entropy.below(count);
  const drawn = servers[index];
  if (index === 0 || !drawn) return;
  servers.copyWithin(1, 0, index);
  servers[0] = drawn;
}
