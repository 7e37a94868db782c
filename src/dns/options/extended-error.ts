/** Extended DNS errors (RFC 8914): why an answer is what it is, for the person who looks. Never a reason to act. */
import { type Edns, type EdnsOption, optionCodes, optionFault } from '../edns.ts';

/** Source: IANA "Domain Name System (DNS) Parameters", Extended DNS Error Codes. */
export const extendedErrors = {
  other: 0,
  unsupportedDnskeyAlgorithm: 1,
  unsupportedDsDigestType: 2,
  staleAnswer: 3,
  forgedAnswer: 4,
  dnssecIndeterminate: 5,
  dnssecBogus: 6,
  signatureExpired: 7,
  signatureNotYetValid: 8,
  dnskeyMissing: 9,
  rrsigsMissing: 10,
  noZoneKeyBitSet: 11,
  nsecMissing: 12,
  cachedError: 13,
  notReady: 14,
  blocked: 15,
  censored: 16,
  filtered: 17,
  prohibited: 18,
  staleNxdomainAnswer: 19,
  notAuthoritative: 20,
  notSupported: 21,
  noReachableAuthority: 22,
  networkError: 23,
  invalidData: 24,
  signatureExpiredBeforeValid: 25,
  tooEarly: 26,
  unsupportedNsec3Iterations: 27,
  unableToConformToPolicy: 28,
  synthesized: 29,
  invalidQueryType: 30,
} as const;

export interface ExtendedError {
  readonly infoCode: number;
  /** May be empty. From elsewhere it is untrusted text: it goes into no log line unescaped. */
  readonly text: string;
}

/** All of them, in wire order: one message may carry several. @throws WireFault `option-malformed` without a code. */
export function readExtendedErrors(edns: Edns | undefined): ExtendedError[] {
  const errors: ExtendedError[] = [];
  for (const { code, data } of edns?.options ?? []) {
    if (code !== optionCodes.extendedError) continue;
    if (data.length < 2) throw optionFault('an extended error without its code');
    const infoCode = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
    // Some senders end the text in a NUL, which is not part of it (RFC 8914 section 2).
    const end = data.at(-1) === 0 && data.length > 2 ? -1 : data.length;
    errors.push({ infoCode, text: new TextDecoder().decode(data.subarray(2, end)) });
  }
  return errors;
}

export function extendedErrorOption({ infoCode, text }: ExtendedError): EdnsOption {
  const encoded = new TextEncoder().encode(text);
  const data = new Uint8Array(2 + encoded.length);
  data.set([infoCode >> 8, infoCode & 0xff]);
  data.set(encoded, 2);
  return { code: optionCodes.extendedError, data };
}
