/**
 * How a part of the resolver shows its numbers: as a list of `Told`, read at each scrape and never in the query path.
 *
 * A part keeps plain numbers in an object of its own and exports a function that gives its list; `metrics.ts` takes the
 * lists of all parts. Names are `anycast_resolver_<noun>[_<unit>][_total]`, label values are from closed sets.
 */
import type { HistogramSnapshot } from './histogram.ts';

interface ToldNumber {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** One value, or one of each combination of labels, their values in the order of `labels`. */
  read(): number | readonly (readonly [labels: string | readonly string[], value: number])[];
}

interface ToldHistogram {
  readonly kind: 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  read(): readonly (readonly [labels: readonly string[], HistogramSnapshot])[];
}

/** One metric. */
export type Told = ToldNumber | ToldHistogram;

/** An object of plain numbers, each key a value of the label. */
export function toldCounts(
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  counts: Readonly<Record<string, number>>,
): Told {
  return { kind: 'counter', name, help, labels: [label], read: () => Object.entries(counts) };
}
