/** How long replies took, in fixed buckets: recording is a short scan and an addition, and allocates nothing. */

/**
 * Upper bounds in milliseconds. Cached answers fall under 1; then network distances; then the default upstreamTimeout
 * (800) and queryTimeout (4000), so that a jump in either shows.
 */
const boundsMs = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 800, 1600, 4000] as const;

export class LatencyHistogram {
  readonly #counts = new Float64Array(boundsMs.length + 1);
  #sumMs = 0;

  record(ms: number): void {
    let bucket = 0;
    while (ms > (boundsMs[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += ms;
  }

  /** Cumulative buckets, in seconds, the last without a bound: the form that Prometheus reads. */
  snapshot(): { buckets: { upToSeconds: number; count: number }[]; sumSeconds: number; count: number } {
    let count = 0;
    const buckets = Array.from(this.#counts, (own, index) => {
      count += own;
      return { upToSeconds: (boundsMs[index] ?? Number.POSITIVE_INFINITY) / 1000, count };
    });
    return { buckets, sumSeconds: this.#sumMs / 1000, count };
  }
}
