/** An asker that shows a DNS cookie (RFC 7873), as a stub resolver with some sense does. */
import { randomBytes } from 'node:crypto';
import { type Cookie, cookieOption, readCookie } from '../../../src/dns/options/cookie.ts';
import { edns } from '../../resolver/messages.ts';
import type { Asker } from '../universe/asker.ts';

export function withCookies(asker: Asker): Asker {
  let cookie: Cookie = { client: randomBytes(8) };
  return {
    async ask(query, withinMs) {
      const asked = await asker.ask({ ...query, edns: edns({ options: [cookieOption(cookie)] }) }, withinMs);
      const got = readCookie(asked?.message.edns);
      if (got?.server) cookie = got;
      return asked;
    },
    [Symbol.asyncDispose]: () => asker[Symbol.asyncDispose](),
  };
}
