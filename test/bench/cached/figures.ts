/** Medians of the rounds and what they are to the best peer's, as JSON and as tables. Pure. */
import type { Contender, Count } from './contender.ts';

export interface Measured {
  /** Of what dnsperf asks, as fast as it gets answers. */
  readonly cpuUsPerQuery: number;
  readonly qps: number;
  readonly busyShare: number;
  /** Of a flood that is more than it can answer: at its own maximum. */
  readonly mostCpuUsPerQuery: number;
  readonly mostQps: number;
  readonly mostBusyShare: number;
  /** At half of its own maximum. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly halfCpuUsPerQuery: number;
  /** Of questions, then: what a server has no room for while it is kept waiting, the kernel drops. */
  readonly halfLostShare: number;
  readonly tcpQps?: number;
  readonly tcpCpuUsPerQuery?: number;
  readonly dotQps?: number;
  readonly dotCpuUsPerQuery?: number;
}

export interface TwoWorkers {
  readonly cpuUsPerQuery: number;
  readonly qps: number;
  readonly busyShare: number;
}

export interface MemoryOfAnswers {
  readonly octetsPerAnswer: number;
  readonly counted?: Count;
}

export interface CachedFigures {
  readonly rounds: number;
  readonly servers: Readonly<Record<string, Measured>>;
  /** The C echo. */
  readonly floor: Measured | undefined;
  readonly dgramEcho: Measured | undefined;
  /** CPU per query: ours to the least of a peer. */
  readonly ratioToBestPeer: number | undefined;
  /** Of each measure: ours to the best of a peer. */
  readonly ratiosToBestPeer: Readonly<Record<string, number>>;
  /** Queries per second of our plain listener to those of the echo with node:dgram. */
  readonly dgramToEcho: number | undefined;
  readonly twoWorkers: Readonly<Record<string, TwoWorkers>>;
  readonly memory: Readonly<Record<string, MemoryOfAnswers>>;
  /** What makes figures doubtful; empty when nothing does. */
  readonly doubts: readonly string[];
}

export interface Results {
  readonly rounds: number;
  readonly contenders: readonly Contender[];
  readonly oneCore: ReadonlyMap<string, readonly Measured[]>;
  readonly twoCores: ReadonlyMap<string, readonly TwoWorkers[]>;
  readonly memory: ReadonlyMap<string, MemoryOfAnswers>;
  readonly doubts: readonly string[];
}

/** Measures that are compared, and which of two is the better. */
const compared = {
  cpuUsPerQuery: Math.min,
  qps: Math.max,
  mostCpuUsPerQuery: Math.min,
  mostQps: Math.max,
  p50Ms: Math.min,
  p99Ms: Math.min,
  halfCpuUsPerQuery: Math.min,
  tcpQps: Math.max,
  tcpCpuUsPerQuery: Math.min,
  dotQps: Math.max,
  dotCpuUsPerQuery: Math.min,
} as const satisfies Partial<Record<keyof Measured, typeof Math.min>>;

export function figuresOf({ rounds, contenders, oneCore, twoCores, memory, doubts }: Results): CachedFigures {
  const all = Object.fromEntries([...oneCore].map(([name, own]) => [name, medians(own)]));
  const named = (kinds: readonly Contender['kind'][]): [string, Measured][] =>
    contenders.flatMap(({ name, kind }) => {
      const own = all[name];
      return own && kinds.includes(kind) ? [[name, own]] : [];
    });
  const peers = named(['peer']).map(([, own]) => own);
  const ratios = all.anycast ? ratiosTo(peers, all.anycast) : {};
  const ours = all['anycast-dgram']?.qps;
  const bare = all['dgram-echo']?.qps;
  return {
    rounds,
    servers: Object.fromEntries(named(['ours', 'peer'])),
    floor: all.echo,
    dgramEcho: all['dgram-echo'],
    ratioToBestPeer: ratios.cpuUsPerQuery,
    ratiosToBestPeer: ratios,
    dgramToEcho: ours !== undefined && bare !== undefined ? rounded(ours / bare) : undefined,
    twoWorkers: Object.fromEntries([...twoCores].map(([name, own]) => [name, medians(own)])),
    memory: Object.fromEntries(memory),
    doubts,
  };
}

function ratiosTo(peers: readonly Measured[], ours: Measured): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const [key, better] of Object.entries(compared)) {
    const measure = key as keyof typeof compared;
    const values = peers.map(peer => peer[measure]).filter(value => value !== undefined);
    const own = ours[measure];
    if (values.length > 0 && own !== undefined) ratios[measure] = rounded(own / better(...values));
  }
  return ratios;
}

/** Measure by measure, of the rounds that have it. */
function medians<T extends Measured | TwoWorkers>(rounds: readonly T[]): T {
  const keys = new Set(rounds.flatMap(round => Object.keys(round)));
  const medianOf = (key: string): number =>
    rounded(median(rounds.flatMap(round => (round as unknown as Record<string, number>)[key] ?? [])));
  return Object.fromEntries([...keys].map(key => [key, medianOf(key)])) as unknown as T;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Three digits after the point: as many as any of the measures has. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
