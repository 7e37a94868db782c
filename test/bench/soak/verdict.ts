/** What the soak is judged by, and its figures as tables. Pure. */

import type { Usage } from '../universe/program.ts';
import type { Tally } from './attacker.ts';
import type { GoodTally } from './good-client.ts';

/** Every kind of good client must get as many of its questions answered rightly, in time, without asking again. */
const leastShare = 0.99;

export interface SoakResult {
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
  const faults = counters.anycast_resolver_faults_total ?? Number.NaN;
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
    { claim: 'no query meets a fault of the resolver itself', holds: faults === 0, seen: `${faults}` },
  ];
}

/** The start, the three quarters, the end. */
function atQuarters(samples: readonly number[]): number[] {
  return [0, 0.25, 0.5, 0.75, 1].map(share => samples[Math.floor(share * (samples.length - 1))] ?? 0);
}

export interface ClientFigures {
  readonly sent: number;
  readonly answered: number;
  readonly share: number;
  /** Of the right answers; null for attackers, whose replies are only counted. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** What good clients got instead, by rcode. */
  readonly instead?: Readonly<Record<string, number>>;
}

export function clientFigures({ good, attackers }: SoakResult): Record<string, ClientFigures> {
  const figures: Record<string, ClientFigures> = {};
  for (const [name, tally] of Object.entries(good)) {
    const sorted = Float64Array.from(tally.latenciesMs).sort();
    const at = (share: number): number | null => sorted[Math.floor(sorted.length * share)] ?? null;
    const { sent, answered, silent, wrong } = tally;
    const instead = { ...wrong, ...(silent > 0 && { silence: silent }) };
    figures[name] = { sent, answered, share: shareOf(tally), p50Ms: at(0.5), p99Ms: at(0.99), instead };
  }
  for (const [name, tally] of Object.entries(attackers))
    figures[name] = { ...tally, share: shareOf(tally), p50Ms: null, p99Ms: null };
  return figures;
}

export function formatClients(figures: Readonly<Record<string, ClientFigures>>): string {
  const head = ['client', 'sent', 'answered', '%', 'p50 ms', 'p99 ms', 'instead'];
  const body = Object.entries(figures).map(
    ([name, { sent, answered, share, p50Ms, p99Ms, instead = {} }]) => [
      name,
      String(sent),
      String(answered),
      (share * 100).toFixed(2),
      p50Ms?.toFixed(1) ?? '-',
      p99Ms?.toFixed(1) ?? '-',
      Object.entries(instead)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ') || '-',
    ],
  );
  const widths = head.map((_, at) => Math.max(...[head, ...body].map(row => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line), ''].join('\n');
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

/** The seconds in which good clients lost something, or waited long, such as `3-5 17`; empty when there were none. */
export function spansOf({ good }: SoakResult, which: 'badSeconds' | 'slowSeconds'): string {
  const all = new Set(Object.values(good).flatMap(tally => [...tally[which]]));
  const seconds = [...all].sort((one, other) => one - other);
  const spans: [first: number, last: number][] = [];
  for (const second of seconds) {
    const span = spans.at(-1);
    if (span && second === span[1] + 1) span[1] = second;
    else spans.push([second, second]);
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(' ');
}

function shareOf({ sent, answered }: { readonly sent: number; readonly answered: number }): number {
  return sent === 0 ? 0 : answered / sent;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function mebibytes(octets: number): string {
  return `${Math.round(octets / 2 ** 20)} MiB`;
}
