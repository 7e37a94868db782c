/** Datagrams by what they end with: queries with and without a cookie, and what is none. */
import { encodeMessage } from '../../../src/dns/message.ts';
import { edns, query } from '../messages.ts';

const asked = (...options: { code: number; data: Uint8Array }[]): Uint8Array =>
  encodeMessage(query('www.test.', 'A', { edns: edns({ options }) }));
const cookie = (octets: number) => ({ code: 10, data: new Uint8Array(octets).fill(7) });
const nsid = { code: 3, data: new Uint8Array() };

export const datagrams = {
  'a whole cookie': asked(cookie(24)),
  'a whole cookie behind another option': asked(nsid, cookie(24)),
  'half a cookie': asked(cookie(8)),
  'no option': asked(),
  'no EDNS': encodeMessage(query('www.test.')),
  nothing: new Uint8Array(),
} as const;

export const withCookie: readonly string[] = ['a whole cookie', 'a whole cookie behind another option'];
