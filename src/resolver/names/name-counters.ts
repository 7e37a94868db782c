/** What the names policies count: plain numbers, bumped in place. */
export interface NameCounters {
  /** Queries answered from `names.records`. */
  localRecords: number;
  /** Queries for special-use names and locally served zones. */
  specialUse: number;
  steered: number;
  /** Queries to which a block list or a policy zone had something to say, by what was done. */
  readonly filtered: Record<FilterOutcome, number>;
  /** Replies with AAAA records made of A records, and PTR queries led to the IPv4 address inside. */
  synthesized: number;
  /** Replies that lost an address inside. */
  rebinding: number;
  /** Readings of the files of block lists and policy zones. */
  readonly files: { loaded: number; failed: number };
}

export const filterOutcomes = [
  'nxdomain',
  'nodata',
  'refused',
  'drop',
  'tcpOnly',
  'pass',
  'localData',
] as const;
export type FilterOutcome = (typeof filterOutcomes)[number];

export function createNameCounters(): NameCounters {
  return {
    localRecords: 0,
    specialUse: 0,
    steered: 0,
    filtered: { nxdomain: 0, nodata: 0, refused: 0, drop: 0, tcpOnly: 0, pass: 0, localData: 0 },
    synthesized: 0,
    rebinding: 0,
    files: { loaded: 0, failed: 0 },
  };
}
