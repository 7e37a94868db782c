/** EDNS padding (RFC 7830): octets that mean nothing, so that the length of an encrypted message says less. */
import { type EdnsOption, optionCodes } from '../edns.ts';

/** Recommended block lengths (RFC 8467 section 4.1), for `padTo` of `encodeMessage`. */
export const paddingBlocks = { query: 128, response: 468 } as const;

/** `length` zero octets. */
export function paddingOption(length: number): EdnsOption {
  return { code: optionCodes.padding, data: new Uint8Array(length) };
}
