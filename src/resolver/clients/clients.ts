/**
 * What the resolver knows of its clients, and how much each may ask.
 *
 * Over UDP an address is what the sender says it is. So nobody is answered there as often as he likes: a forged flood would
 * be sent on to whoever has that address. Per prefix there is a rate (`rate-table.ts`), above which a query gets silence or,
 * now and then, "ask over TCP"; a number of questions under way (`under-way.ts`); and a time after which an answer is not
 * sent any more, since it is by storing up answers that a weak flood becomes a strong pulse (DNSBomb, CVE-2024-33655).
 * Whose address is proven, by a connection or by a good cookie (`server-cookies.ts`), has counters of his own and more room.
 *
 * Cookies are judged in `listeners/respond.ts`, before the first policy, since every reply carries one, refusals too (a
 * client that knows us believes none without: RFC 7873 section 5.3). The rate is the policy of the stage `clients`, the
 * questions under way that in front of `resolve`, so that what the cache holds is answered whatever waits.
 *
 * What always holds: memory is fixed when it is opened, whoever asks; own addresses and exempt prefixes pass; no secret leaves.
 * Standards: RFC 7873, 9018 (cookies). Response rate limiting has none; BIND's and Knot Resolver's are the models.
 */
import type { ClientsConfig } from '../../config/resolver/clients.ts';
import type { Clock } from '../../system/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { type ClientCounters, createClientCounters } from './client-counters.ts';
import { exemptClients } from './exempt-clients.ts';
import type { HalfSipKey } from './half-siphash.ts';
import { PrefixSlots } from './prefix-slots.ts';
import { RateTable } from './rate-table.ts';
import { ServerCookies } from './server-cookies.ts';
import { Slip } from './slip.ts';
import { UnderWay } from './under-way.ts';

export interface Clients extends AsyncDisposable {
  readonly counters: ClientCounters;
  /** Undefined where cookies are off, as each of the limits is. */
  readonly cookies: ServerCookies | undefined;
  readonly underWay: UnderWay | undefined;
  readonly discardAfterMs: number;
  /** Which queries over the rate are told so. */
  readonly slip: Slip;
  /** Undefined where there is no rate. */
  readonly rates: RateTable | undefined;
  /** Whether this client has no limits. */
  isExempt(address: string): boolean;
  /** Counts a query against the client's rate, unless it is exempt; false when it is over. */
  admit(address: string, isProven: boolean): boolean;
  /** Reads the cookie secrets anew. Gives what is wrong with them, after which the ones from before stay. */
  reload(): Promise<string | undefined>;
}

export interface ClientsParts {
  readonly config: ClientsConfig;
  /** Canonical text. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Random, so that nobody can tell which clients share counters. */
  readonly slotKey: HalfSipKey;
  /** Those of the one before, to be gone on with. */
  readonly counters?: ClientCounters | undefined;
  /** Told when the cookie secrets have changed, and once before `openClients` resolves. */
  readonly onSecrets?: () => void;
}

/** @throws Fault when the cookie secrets cannot be used. */
export async function openClients(parts: ClientsParts): Promise<Clients> {
  const { config, ownAddresses, clock, log, onSecrets = () => undefined } = parts;
  const { rateLimit, inFlight, discardAfter, provenFactor } = config;
  const counters = parts.counters ?? createClientCounters();
  const prefixes = new PrefixSlots(parts.slotKey);
  const cookies =
    config.cookies === 'off'
      ? undefined
      : await ServerCookies.open({ path: config.cookies.secretFile, clock, log, counters, onSecrets });
  const rates = rateLimit === 'off' ? undefined : new RateTable({ ...rateLimit, provenFactor }, prefixes);
  const isExempt = exemptClients(ownAddresses, config.exempt);
  return {
    counters,
    cookies,
    underWay: inFlight === 'off' ? undefined : new UnderWay({ questions: inFlight, provenFactor }, prefixes),
    discardAfterMs: discardAfter === 'off' ? Number.POSITIVE_INFINITY : discardAfter,
    slip: new Slip(rateLimit === 'off' ? 0 : rateLimit.slip),
    rates,
    isExempt,
    admit: (address, isProven) =>
      !rates || isExempt(address) || rates.admit(address, isProven, clock.monotonicMs()),
    reload: async () => await cookies?.reload(),
    async [Symbol.asyncDispose]() {
      await cookies?.[Symbol.asyncDispose]();
    },
  };
}
