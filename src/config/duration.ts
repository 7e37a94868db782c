/** Durations as written in anycast.yaml: a number and a unit, `50ms`, `2s`, `10m`, `1h`, `1d`. */
/** A span of time; config keys that hold one are written with a unit and parsed into this. */
export type Milliseconds = number;

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, or undefined when `text` is no duration. */
export function parseDuration(text: string): Milliseconds | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : undefined;
}
