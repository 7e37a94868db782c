/**
 * EDNS(0) (RFC 6891): the OPT record taken apart, its options kept as octets.
 *
 * Which options exist is the listing of `options/`: each file reads and writes one kind. Reading an option can fail, and
 * does so only where it is read: a malformed option that nobody looks at stops nothing.
 */
import type { Reader } from './reader.ts';
import { recordTypes } from './record-type.ts';
import { WireFault } from './wire-fault.ts';
import type { Writer } from './writer.ts';

/** Source: IANA "Domain Name System (DNS) Parameters", DNS EDNS0 Option Codes. */
export const optionCodes = {
  nsid: 3,
  clientSubnet: 8,
  expire: 9,
  cookie: 10,
  tcpKeepalive: 11,
  padding: 12,
  chain: 13,
  keyTag: 14,
  extendedError: 15,
  reportChannel: 18,
  zoneVersion: 19,
} as const;

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

export interface Edns {
  /** Octets of the largest UDP message the sender takes: 512 or more. */
  readonly udpPayloadSize: number;
  /** 0; anything else is answered with BADVERS. */
  readonly version: number;
  /** The DO bit (RFC 3225). */
  readonly dnssecOk: boolean;
  /** In wire order. Empty for a version other than 0, whose options we cannot know how to read. */
  readonly options: readonly EdnsOption[];
}

/** The OPT record's fields, and the eight high bits of the rcode that it carries. */
export interface OptRecord {
  readonly edns: Edns;
  readonly rcodeHigh: number;
}

/** Options in one OPT record. Not half as many codes have a standard; a longer list only costs the reader. */
export const optionLimit = 32;

/** RFC 6891 section 6.2.3: a smaller size means this one, what every DNS implementation takes. */
export const minUdpPayloadSize = 512;

/** RFC 6891 section 6.1.3: extended rcode (8 bits), version (8), DO, and 15 bits that are sent as zero. */
const dnssecOkBit = 0x8000;

/** The first option with this code. More of the same are ignored unless their own standard says otherwise. */
export function findOption(edns: Edns | undefined, code: number): EdnsOption | undefined {
  return edns?.options.find(option => option.code === code);
}

/** Reads an OPT record from its class on; owner and type have been read. */
export function decodeOpt(reader: Reader): OptRecord {
  const udpPayloadSize = Math.max(reader.uint16(), minUdpPayloadSize);
  const rcodeHigh = reader.uint8();
  const version = reader.uint8();
  const dnssecOk = (reader.uint16() & dnssecOkBit) !== 0;
  reader.openRdata(reader.uint16());
  const options = version === 0 ? decodeOptions(reader) : [];
  reader.takeRest();
  reader.closeRdata();
  return { edns: { udpPayloadSize, version, dnssecOk, options }, rcodeHigh };
}

function decodeOptions(reader: Reader): EdnsOption[] {
  const options: EdnsOption[] = [];
  while (reader.remaining > 0) {
    if (options.length === optionLimit)
      throw reader.fault('option-limit', `over ${optionLimit} EDNS options`);
    const code = reader.uint16();
    options.push({ code, data: reader.take(reader.uint16()) });
  }
  return options;
}

/** Octets that an OPT record without options takes. */
export const bareOptSize = 11;

/** Octets that an option's code and length take. */
export const optionHeadSize = 4;

/** Writes an OPT record. */
export function encodeOpt(writer: Writer, { edns, rcodeHigh }: OptRecord): void {
  writer.uint8(0);
  writer.uint16(recordTypes.OPT);
  writer.uint16(edns.udpPayloadSize);
  writer.uint8(rcodeHigh);
  writer.uint8(edns.version);
  writer.uint16(edns.dnssecOk ? dnssecOkBit : 0);
  const length = writer.openLength();
  for (const { code, data } of edns.options) {
    writer.uint16(code);
    writer.uint16(data.length);
    writer.bytes(data);
  }
  writer.closeLength(length);
}

/** For an option's reader: its data breaks its own format. `offset` counts from the start of the data. */
export function optionFault(message: string, offset = 0): WireFault {
  return new WireFault('option-malformed', message, offset);
}
