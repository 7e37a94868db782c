/** What the rounds amount to: median and maximum of each measure, their ratio to the kit's own, as JSON and as a table. Pure. */
import { rounded } from '../../../src/lab/prober/analysis.ts';
import type { Measured } from './round.ts';

/** null when it was not seen in one of the rounds. */
export interface Figures {
  readonly p50: number | null;
  readonly max: number | null;
}

export type ContenderFigures = Readonly<Record<keyof Measured, Figures>> & {
  /** Median by median; null where the kit's is 0 or one of them was not seen. */
  readonly ratioToOurs: Readonly<Record<keyof Measured, number | null>>;
};

/** By fault, then by contender. */
export type FaultFigures = Readonly<Record<string, Readonly<Record<string, ContenderFigures>>>>;

export interface PlayedRound {
  readonly fault: string;
  readonly contender: string;
  readonly measured: Measured;
}

const columns = {
  detectedMs: 'detected ms',
  withdrawnMs: 'withdrawn ms',
  firstAnswerElsewhereMs: 'elsewhere ms',
  longestGapMs: 'longest gap ms',
  lost: 'lost queries',
} as const satisfies Record<keyof Measured, string>;

const measures = Object.keys(columns) as (keyof Measured)[];

/** `ours` names the contender that the others are compared with. */
export function figuresOf(rounds: readonly PlayedRound[], ours: string): FaultFigures {
  const byFault = Map.groupBy(rounds, ({ fault }) => fault);
  return Object.fromEntries(
    [...byFault].map(([fault, played]) => {
      const plain = new Map(
        [...Map.groupBy(played, ({ contender }) => contender)].map(([contender, own]) => [
          contender,
          byMeasure(measure => figures(own.map(({ measured }) => measured[measure]))),
        ]),
      );
      const reference = plain.get(ours);
      const compared = [...plain].map(([contender, own]) => {
        const ratioToOurs = byMeasure(measure => ratio(own[measure].p50, reference?.[measure].p50 ?? null));
        return [contender, { ...own, ratioToOurs }];
      });
      return [fault, Object.fromEntries(compared)];
    }),
  );
}

/** What a cell of the table holds. */
export const cellLegend = 'median / maximum / ratio of medians to the first contender';

/** The rows of one fault, as a table that reads well as text and as Markdown. */
export function formatFault(fault: string, contenders: FaultFigures[string]): string {
  const head = [fault, ...measures.map(measure => columns[measure])];
  const body = Object.entries(contenders).map(([name, own]) => [
    name,
    ...measures.map(measure => {
      const { p50, max } = own[measure];
      const times = own.ratioToOurs[measure];
      const compared = times === null ? '-' : `${times.toFixed(times < 10 ? 1 : 0)}x`;
      return [shown(p50, measure), shown(max, measure), compared].join(' / ');
    }),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map(row => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line), ''].join('\n');
}

/** One round, in one line. */
export function formatMeasured(measured: Measured): string {
  return measures.map(measure => `${columns[measure]} ${shown(measured[measure], measure)}`).join(', ');
}

function byMeasure<T>(value: (measure: keyof Measured) => T): Record<keyof Measured, T> {
  return Object.fromEntries(measures.map(measure => [measure, value(measure)])) as Record<keyof Measured, T>;
}

function figures(values: readonly (number | null)[]): Figures {
  const seen = values.filter(value => value !== null).sort((a, b) => a - b);
  if (seen.length < values.length || seen.length === 0) return { p50: null, max: null };
  const middle = seen.length >> 1;
  const upper = seen[middle] ?? 0;
  const p50 = seen.length % 2 === 1 ? upper : ((seen[middle - 1] ?? 0) + upper) / 2;
  return { p50: rounded(p50), max: rounded(seen.at(-1) ?? 0) };
}

function ratio(value: number | null, ours: number | null): number | null {
  return value === null || ours === null || ours === 0 ? null : rounded(value / ours);
}

function shown(value: number | null, measure: keyof Measured): string {
  if (value === null) return '-';
  return measure === 'lost' ? String(Math.round(value)) : value.toFixed(value < 100 ? 1 : 0);
}
