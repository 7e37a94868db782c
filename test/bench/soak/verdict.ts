/** What the soak is judged by. Pure. */

import type { Usage } from '../universe/program.ts';
import type { Tally } from './attacker.ts';
import type { GoodTally } from './good-client.ts';

/** Every kind of good client must get as many of its questions answered rightly, in time, without asking again. */
const leastShare = 0.99;

export interface SoakResult {
  readonly durationMs: number;
  readonly good: Readonly<Record<string, GoodTally>>;
  readonly attackers: Readonly<Record<string, Tally>>;
  /** Whether the resolver that runs at the end is the process that was started. */
  readonly isSameProcess: boolean;
  /** What the resolver had used, one each second. */
  readonly samples: readonly Usage[];
  readonly residentBound: number;
  /** How much of its processor the resolver used: near 1 nothing said of the good clients is to be believed. */
  readonly processorShare: number;
  /** How much of the time it was ready to run while its processor was another process's: on an idle machine near 0. */
  readonly waitingShare: number;
  /** Of the metrics page at the end. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Judgement {
  readonly claim: string;
  readonly holds: boolean;
  readonly seen: string;
}

export function judge(result: SoakResult): Judgement[] {
  const { good, isSameProcess, samples, residentBound, counters } = result;
  const worst = Object.entries(good)
    .map(([name, tally]) => ({ name, share: shareOf(tally) }))
    .sort((one, other) => one.share - other.share)[0];
  const resident = samples.map(({ residentOctets }) => residentOctets);
  const most = resident.reduce((max, octets) => Math.max(max, octets), 0);
  const faults = counters.anycast_resolver_faults_total;
  return [
    {
      claim: 'the resolver is the process that was started',
      holds: isSameProcess,
      seen: isSameProcess ? 'it is' : 'it is gone',
    },
    {
      claim: `its memory stays within ${mebibytes(residentBound)}`,
      holds: most > 0 && most <= residentBound,
      seen: `at most ${mebibytes(most)}; ${atQuarters(resident).map(mebibytes).join(', ')} at the quarters`,
    },
    {
      claim: `every kind of good client gets ${leastShare * 100} % answered rightly`,
      holds: worst !== undefined && worst.share >= leastShare,
      seen: worst ? `${worst.name} ${percent(worst.share)}` : 'nothing asked',
    },
    {
      claim: 'no query meets a fault of the resolver itself',
      holds: faults === 0,
      seen: `${faults ?? 'unknown'}`,
    },
  ];
}

/** The start, the three quarters, the end. */
function atQuarters(samples: readonly number[]): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map(share => samples[Math.floor(share * (samples.length - 1))] ?? 0);
}

/** The resolver's own counters and gauges of a metrics page that are not 0, without what belongs to histograms. */
export function countersOf(page: string): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const [, name = '', value] of page.matchAll(/^(anycast_\S+) (\S+)$/gm)) {
    const kept =
      !/_(bucket|sum|count)\{/.test(name) && (Number(value) !== 0 || name.endsWith('faults_total'));
    if (kept) counters[name] = Number(value);
  }
  return counters;
}

export function shareOf({ sent, answered }: { readonly sent: number; readonly answered: number }): number {
  return sent === 0 ? 0 : answered / sent;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

export function mebibytes(octets: number): string {
  return `${Math.round(octets / 2 ** 20)} MiB`;
}
