/**
 * Many histograms of one kind in one array: recording is a short scan and two additions, and allocates nothing.
 * Series are numbered by whoever records; what a number stands for is told only when it is read.
 */
export interface HistogramSnapshot {
  /** Cumulative, the last without a bound: the form that Prometheus reads. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly sum: number;
  readonly count: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #width: number;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;

  /** `bounds` are the upper ends of the buckets, rising. `numbers`: where it counts, as many as `numbersOf` says. */
  constructor(
    bounds: readonly number[],
    series: number,
    numbers: Float64Array = new Float64Array(Histogram.numbersOf(bounds, series)),
  ) {
    this.#bounds = bounds;
    this.#width = bounds.length + 1;
    this.#counts = numbers.subarray(0, this.#width * series);
    this.#sums = numbers.subarray(this.#width * series);
  }

  static numbersOf(bounds: readonly number[], series: number): number {
    return (bounds.length + 2) * series;
  }

  record(series: number, value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    const at = series * this.#width + bucket;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sums[series] = (this.#sums[series] ?? 0) + value;
  }

  count(series: number): number {
    const own = this.#counts.subarray(series * this.#width, (series + 1) * this.#width);
    return own.reduce((sum, each) => sum + each, 0);
  }

  /** Bounds and sum divided by `unit`: 1000 makes seconds of milliseconds. */
  snapshot(series: number, unit = 1): HistogramSnapshot {
    let count = 0;
    const own = this.#counts.subarray(series * this.#width, (series + 1) * this.#width);
    const buckets = Array.from(own, (each, index) => {
      count += each;
      return { upTo: (this.#bounds[index] ?? Number.POSITIVE_INFINITY) / unit, count };
    });
    return { buckets, sum: (this.#sums[series] ?? 0) / unit, count };
  }
}
