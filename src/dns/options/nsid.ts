/** Name server identifier (RFC 5001): which PoP answered. */
import { type Edns, type EdnsOption, findOption, optionCodes } from '../edns.ts';

/** The identifier's octets; empty in a query, where it is the request for one; undefined when there is no such option. */
export function readNsid(edns: Edns | undefined): Uint8Array | undefined {
  return findOption(edns, optionCodes.nsid)?.data;
}

/** What a client sends. */
export const nsidRequest: EdnsOption = { code: optionCodes.nsid, data: new Uint8Array(0) };

/** What a server answers it with. */
export function nsidOption(identifier: Uint8Array): EdnsOption {
  return { code: optionCodes.nsid, data: identifier };
}
