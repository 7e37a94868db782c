/** DNS cookies in a thread: judged and renewed as `clients/server-cookies.ts` does, without allocating. */
import type { AddressWords } from '../clients/address-words.ts';
import type { CookieStatus } from '../clients/client-counters.ts';
import { CookieMaker, clientOctets, cookieOctets } from '../clients/server-cookie.ts';
import type { SipKey } from '../clients/siphash.ts';

/** Where a query's cookie lies: of a length that a cookie may have. */
export interface CookiePlace {
  readonly octets: Uint8Array;
  readonly cookieAt: number;
  readonly cookieLength: number;
}

export class FastCookies {
  /** The cookie for the reply. */
  readonly cookie = new Uint8Array(cookieOctets);
  readonly #maker = new CookieMaker();
  readonly #time: { readonly secrets: readonly SipKey[]; seconds: number };

  constructor(secrets: readonly SipKey[]) {
    this.#time = { secrets, seconds: 0 };
  }

  judge(
    { octets, cookieAt, cookieLength }: CookiePlace,
    address: AddressWords,
    wallMs: number,
  ): CookieStatus {
    const { cookie } = this;
    this.#time.seconds = Math.floor(wallMs / 1000);
    const taken = cookieLength === cookieOctets ? cookieOctets : clientOctets;
    for (let index = 0; index < taken; index += 1) cookie[index] = octets[cookieAt + index] ?? 0;
    const state = cookieLength === cookieOctets ? this.#maker.checkWords(cookie, address, this.#time) : 'bad';
    if (state === 'good') return 'good';
    this.#maker.renew(cookie, address, this.#time);
    return state === 'renew' ? 'good' : cookieLength === clientOctets ? 'fresh' : 'bad';
  }
}
