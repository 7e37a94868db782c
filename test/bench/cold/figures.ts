/** Medians of the rounds, as JSON and as a table. Pure. */

export interface Measured {
  readonly qps: number;
  readonly cpuUsPerQuery: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytesPerRrset: number;
}

export interface ColdFigures {
  readonly rounds: number;
  readonly servers: Readonly<Record<string, Measured>>;
  /** CPU per query: ours to Unbound's, of one worker and of two. */
  readonly ratioToUnbound: number;
  readonly ratioOfTwo: number;
}

/** Each measure's name in the table, and its digits after the point. */
const columns = {
  qps: ['queries/s', 0],
  cpuUsPerQuery: ['CPU us/query', 1],
  p50Ms: ['p50 ms', 2],
  p99Ms: ['p99 ms', 2],
  bytesPerRrset: ['octets/RRset', 0],
} as const satisfies Record<keyof Measured, readonly [string, number]>;

const measures = Object.keys(columns) as (keyof Measured)[];

export function figuresOf(rounds: ReadonlyMap<string, readonly Measured[]>): ColdFigures {
  const servers = Object.fromEntries(
    [...rounds].map(([name, measured]) => [
      name,
      Object.fromEntries(
        measures.map(measure => [measure, rounded(median(measured.map(each => each[measure])), measure)]),
      ) as unknown as Measured,
    ]),
  );
  const cpu = (name: string): number => servers[name]?.cpuUsPerQuery ?? Number.NaN;
  const ratio = (own: string, other: string): number => Math.round((cpu(own) / cpu(other)) * 100) / 100;
  const [first = []] = rounds.values();
  return {
    rounds: first.length,
    servers,
    ratioToUnbound: ratio('anycast', 'unbound'),
    ratioOfTwo: ratio('anycast-2', 'unbound-2'),
  };
}

export function formatFigures({ servers, ratioToUnbound, ratioOfTwo }: ColdFigures): string {
  const head = ['cold', ...measures.map(measure => columns[measure][0])];
  const body = Object.entries(servers).map(([name, own]) => [
    name,
    ...measures.map(measure => own[measure].toFixed(columns[measure][1])),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...body].map(row => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return `${[line(head), rule, ...body.map(line)].join('\n')}\nCPU per query, anycast to unbound: ${ratioToUnbound.toFixed(2)}, with two workers ${ratioOfTwo.toFixed(2)}\n`;
}

export function formatMeasured(measured: Measured): string {
  return measures
    .map(measure => `${columns[measure][0]} ${measured[measure].toFixed(columns[measure][1])}`)
    .join(', ');
}

function rounded(value: number, measure: keyof Measured): number {
  return Number(value.toFixed(columns[measure][1]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
