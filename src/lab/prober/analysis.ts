/** What samples say of a client: gaps, losses, catchment. Pure. */
import type { IpFamily } from '../../ip/address.ts';
import { isGood, type Sample } from './sample.ts';

/** The samples of one client in one address family, in sending order: what one gap is measured on. */
export interface Track {
  readonly client: string;
  readonly family: IpFamily;
  readonly samples: readonly Sample[];
}

/** `client-eu` over IPv4, say. */
export function trackKey(client: string, family: IpFamily): string {
  return `${client}/v${family}`;
}

/** The samples of many clients, sorted into tracks by sending time. */
export function tracksOf(samplesByClient: ReadonlyMap<string, readonly Sample[]>): Track[] {
  return [...samplesByClient].flatMap(([client, samples]) =>
    ([4, 6] as const)
      .map(family => ({
        client,
        family,
        samples: samples.filter(sample => sample.family === family).sort((a, b) => a.sentMs - b.sentMs),
      }))
      .filter(track => track.samples.length > 0),
  );
}

/**
 * The longest time without service that a client could notice, in milliseconds: from the sending of the last good query
 * before a lost one to the sending of the first good query after it. 0 when no query was lost. A loss at either end of the
 * track counts from its first or to its last sample.
 */
export function longestGapMs(samples: readonly Sample[]): number {
  let longest = 0;
  let lastGoodMs = samples[0]?.sentMs ?? 0;
  let lost = false;
  for (const sample of samples) {
    if (!isGood(sample)) {
      lost = true;
      longest = Math.max(longest, sample.sentMs - lastGoodMs);
      continue;
    }
    if (lost) longest = Math.max(longest, sample.sentMs - lastGoodMs);
    lost = false;
    lastGoodMs = sample.sentMs;
  }
  return longest;
}

/** The PoP that gave the last good answer, and the median round trip of its answers; pop null when nobody answered. */
export function catchmentOf(samples: readonly Sample[]): CatchmentEntry {
  const good = samples.filter(isGood);
  const pop = good.at(-1)?.pop;
  if (pop === undefined) return { pop: null, rttMs: null };
  const rtts = good
    .filter(sample => sample.pop === pop)
    .map(sample => (sample.answeredMs ?? 0) - sample.sentMs);
  rtts.sort((a, b) => a - b);
  return { pop, rttMs: rounded(rtts[rtts.length >> 1] ?? 0) };
}

/** Queries that were not answered well, and how. */
export interface Losses {
  /** All of them. */
  readonly lost: number;
  /** Answered with an error, e.g. SERVFAIL. */
  readonly errors: number;
  /** Ended by an ICMP error. Kernels send a client few of these: Linux one a second over IPv4 after a burst of six. */
  readonly refused: number;
  /** Neither: the client waited for nothing. */
  readonly silent: number;
}

export function lossesOf(samples: readonly Sample[]): Losses {
  const bad = samples.filter(sample => !isGood(sample));
  const errors = bad.filter(({ answeredMs }) => answeredMs !== undefined).length;
  const refused = bad.filter(({ refusedMs }) => refusedMs !== undefined).length;
  return { lost: bad.length, errors, refused, silent: bad.length - errors - refused };
}

export interface CatchmentEntry {
  readonly pop: string | null;
  readonly rttMs: number | null;
}

/** Client networks by name, each with the PoP that it reaches over each family. */
export type Catchment = Readonly<Record<string, { v4?: CatchmentEntry; v6?: CatchmentEntry }>>;

export function catchmentOfTracks(tracks: readonly Track[]): Catchment {
  const clients: Record<string, { v4?: CatchmentEntry; v6?: CatchmentEntry }> = {};
  for (const { client, family, samples } of tracks) {
    const entry = catchmentOf(samples);
    clients[client] = { ...clients[client], ...(family === 4 ? { v4: entry } : { v6: entry }) };
  }
  return clients;
}

/** Two decimals: finer than a timer on a shared machine deserves. */
export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
