/** What became of one probe query, as a value and as a line of text between the prober's process and its reader. */
import type { IpFamily } from '../../ip/address.ts';

export interface Sample {
  readonly family: IpFamily;
  /** Monotonic milliseconds, comparable across processes of one machine. */
  readonly sentMs: number;
  /** When the answer arrived; absent when none came within the prober's patience. */
  readonly answeredMs?: number;
  /** Twelve bits, when there was an answer. */
  readonly rcode?: number;
  /** The PoP that answered, from its NSID. */
  readonly pop?: string;
  /** When an ICMP error said that nobody will answer; such a query has no answer. */
  readonly refusedMs?: number;
}

/** Whether a client would have been content: an answer came in time, and it was NOERROR. */
export function isGood(sample: Sample): boolean {
  return sample.answeredMs !== undefined && sample.rcode === 0;
}

export function formatSample({ family, sentMs, answeredMs, rcode, pop, refusedMs }: Sample): string {
  return JSON.stringify([family, sentMs, answeredMs ?? null, rcode ?? null, pop ?? null, refusedMs ?? null]);
}

/** The sample of a line that `formatSample` wrote, or undefined for any other line. */
export function parseSample(line: string): Sample | undefined {
  if (!line.startsWith('[')) return undefined;
  const [family, sentMs, answeredMs, rcode, pop, refusedMs] = JSON.parse(line) as [
    IpFamily,
    number,
    number | null,
    number | null,
    string | null,
    number | null,
  ];
  return {
    family,
    sentMs,
    ...(answeredMs !== null && { answeredMs }),
    ...(rcode !== null && { rcode }),
    ...(pop !== null && { pop }),
    ...(refusedMs !== null && { refusedMs }),
  };
}
