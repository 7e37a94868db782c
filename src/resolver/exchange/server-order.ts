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
  const { entropy } = options;
  const classes: Server[][] = ranks.map(() => []);
  for (const server of servers) classes[ranks.indexOf(rankOf(server, options))]?.push(server);
  const [untried = [], tried = [], doubtful = [], down = [], lame = []] = classes;
  tried.sort((a, b) => a.expectedMs - b.expectedMs);
  const best = tried[0]?.expectedMs ?? 0;
  const band = tried.filter(({ expectedMs }) => expectedMs <= Math.max(best * bandShare, best + bandMs));
  drawFirst(tried, band.length, entropy);
  for (const list of [untried, doubtful, down, lame]) drawFirst(list, list.length, entropy);
  const order = [...untried, ...tried, ...doubtful, ...down, ...lame];
  for (const other of order) if (other !== order[0]) other.passedOver();
  return order;
}

function rankOf(server: Server, { zoneKey, nowMs, isFamilySilent }: OrderOptions): Rank {
  if (server.isLame(zoneKey, nowMs)) return 'lame';
  if (server.isDown) return 'down';
  if (!server.isUntried) return 'tried';
  return isFamilySilent(server.address.family) ? 'doubtful' : 'untried';
}

/** Puts one of the first `count` first. */
function drawFirst(servers: Server[], count: number, entropy: Pick<Entropy, 'below'>): void {
  if (count < 2) return;
  const [drawn] = servers.splice(entropy.below(count), 1);
  if (drawn) servers.unshift(drawn);
}
