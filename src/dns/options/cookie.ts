/** DNS cookies (RFC 7873): the octets only; how a server makes and checks its half is RFC 9018 and not here. */
import { type Edns, type EdnsOption, findOption, optionCodes, optionFault } from '../edns.ts';

export interface Cookie {
  /** 8 octets. */
  readonly client: Uint8Array;
  /** 8 to 32 octets; none in a client's first query. */
  readonly server?: Uint8Array;
}

const clientLength = 8;
const minServerLength = 8;
const maxServerLength = 32;

/**
 * The first cookie, undefined when there is none.
 * @throws WireFault `option-malformed` for lengths other than 8 and 16 to 40, which RFC 7873 section 5.2.2 answers with FORMERR.
 */
export function readCookie(edns: Edns | undefined): Cookie | undefined {
  const data = findOption(edns, optionCodes.cookie)?.data;
  if (!data) return undefined;
  if (data.length === clientLength) return { client: data };
  const serverLength = data.length - clientLength;
  if (serverLength < minServerLength || serverLength > maxServerLength) {
    throw optionFault(`a cookie of ${data.length} octets`);
  }
  return { client: data.subarray(0, clientLength), server: data.subarray(clientLength) };
}

export function cookieOption({ client, server = new Uint8Array(0) }: Cookie): EdnsOption {
  const data = new Uint8Array(client.length + server.length);
  data.set(client);
  data.set(server, client.length);
  return { code: optionCodes.cookie, data };
}
