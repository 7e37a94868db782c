/** The soak's result as text and as JSON. Pure. */
import { judge, type SoakResult, shareOf } from './verdict.ts';

export function formatResult(result: SoakResult): string {
  const judgements = judge(result).map(
    ({ claim, holds, seen }) => `${holds ? 'holds' : 'FAILS'}: ${claim} (${seen})`,
  );
  const counters = Object.entries(result.counters).map(([name, value]) => `${name} ${value}`);
  const [lost, late] = [spansOf(result, 'badSeconds'), spansOf(result, 'slowSeconds')];
  const lines = [
    formatClients(clientFigures(result)),
    ...counters,
    '',
    formatProcessor(result),
    ...(lost === '' ? [] : [`seconds in which good clients lost something: ${lost}`]),
    ...(late === '' ? [] : [`seconds in which good clients waited long: ${late}`]),
    ...judgements,
  ];
  return `${lines.join('\n')}\n`;
}

/** What is written as JSON. */
export function writtenOf(result: SoakResult): object {
  const { durationMs, residentBound, processorShare, waitingShare, counters, samples } = result;
  const shares = { processorShare, waitingShare };
  const verdict = { judgements: judge(result), clients: clientFigures(result) };
  return { durationMs, ...verdict, residentBound, ...shares, counters, samples };
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

function clientFigures({ good, attackers }: SoakResult): Record<string, ClientFigures> {
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

function formatClients(figures: Readonly<Record<string, ClientFigures>>): string {
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

/** The seconds in which good clients lost something, or waited long, such as `3-5 17`; empty when there were none. */
function spansOf({ good }: SoakResult, which: 'badSeconds' | 'slowSeconds'): string {
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

function formatProcessor({ processorShare, waitingShare }: SoakResult): string {
  const [used, waited] = [processorShare, waitingShare].map(share => Math.round(share * 100));
  return `the resolver used ${used} % of its processor, and waited for it ${waited} % of the time`;
}
