/** How a zone hashes its names (RFC 5155 section 4): the fields that NSEC3 begins with as well. */
import { formatHex } from '../presentation.ts';
import type { Reader } from '../reader.ts';
import type { Writer } from '../writer.ts';
import type { RdataCodec } from './rdata-codec.ts';

export interface HashParameters {
  /** 1: SHA-1, the only one there is. */
  readonly hashAlgorithm: number;
  /** 1: opt-out, in NSEC3 only. */
  readonly flags: number;
  /** Additional rounds. Whoever hashes by it caps it first (RFC 9276 section 3.2). */
  readonly iterations: number;
  /** At most 255 octets. */
  readonly salt: Uint8Array;
}

export interface Nsec3paramRdata extends HashParameters {
  readonly kind: 'NSEC3PARAM';
}

export const nsec3param: RdataCodec<Nsec3paramRdata> = {
  kind: 'NSEC3PARAM',
  classes: 'any',
  decode: reader => ({ kind: 'NSEC3PARAM', ...readHashParameters(reader) }),
  encode: writeHashParameters,
  format: formatHashParameters,
};

export function readHashParameters(reader: Reader): HashParameters {
  return {
    hashAlgorithm: reader.uint8(),
    flags: reader.uint8(),
    iterations: reader.uint16(),
    salt: reader.characterString(),
  };
}

export function writeHashParameters(writer: Writer, parameters: HashParameters): void {
  writer.uint8(parameters.hashAlgorithm);
  writer.uint8(parameters.flags);
  writer.uint16(parameters.iterations);
  writer.characterString(parameters.salt);
}

/** An empty salt is written `-` (RFC 5155 section 3.3). */
export function formatHashParameters({ hashAlgorithm, flags, iterations, salt }: HashParameters): string {
  return `${hashAlgorithm} ${flags} ${iterations} ${formatHex(salt).toUpperCase() || '-'}`;
}
