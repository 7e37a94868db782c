/** The twelve octets every DNS message starts with (RFC 1035 section 4.1.1, RFC 4035 section 3.1.6 for AD and CD). */
import { uint16At } from './uint16.ts';

/** Octets of the header. */
export const headerSize = 12;

export interface Flags {
  /** This is a response. */
  readonly qr: boolean;
  /** Authoritative answer. */
  readonly aa: boolean;
  /** Truncated: ask again over TCP. */
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  /** Authentic data. */
  readonly ad: boolean;
  /** Checking disabled. */
  readonly cd: boolean;
}

export interface Header {
  readonly id: number;
  readonly opcode: number;
  /** The low four bits only: the rest is in the OPT record. */
  readonly rcode: number;
  readonly flags: Flags;
  /** Records the header claims per section, in order: questions, answers, authorities, additionals. Never trusted. */
  readonly counts: readonly [number, number, number, number];
}

const bit = { qr: 0x8000, aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x0080, ad: 0x0020, cd: 0x0010 } as const;

/** Gives the header, or undefined when there are fewer than twelve octets: then not even a FORMERR can be addressed. */
export function decodeHeader(octets: Uint8Array): Header | undefined {
  if (octets.length < headerSize) return undefined;
  const bits = uint16At(octets, 2);
  return {
    id: uint16At(octets, 0),
    opcode: (bits >> 11) & 0xf,
    rcode: bits & 0xf,
    flags: {
      qr: (bits & bit.qr) !== 0,
      aa: (bits & bit.aa) !== 0,
      tc: (bits & bit.tc) !== 0,
      rd: (bits & bit.rd) !== 0,
      ra: (bits & bit.ra) !== 0,
      ad: (bits & bit.ad) !== 0,
      cd: (bits & bit.cd) !== 0,
    },
    counts: [uint16At(octets, 4), uint16At(octets, 6), uint16At(octets, 8), uint16At(octets, 10)],
  };
}

/** The third and fourth octet as one number; the Z bit is always sent as zero. */
export function headerBits(opcode: number, rcode: number, flags: Flags): number {
  return (
    (flags.qr ? bit.qr : 0) |
    ((opcode & 0xf) << 11) |
    (flags.aa ? bit.aa : 0) |
    (flags.tc ? bit.tc : 0) |
    (flags.rd ? bit.rd : 0) |
    (flags.ra ? bit.ra : 0) |
    (flags.ad ? bit.ad : 0) |
    (flags.cd ? bit.cd : 0) |
    (rcode & 0xf)
  );
}
