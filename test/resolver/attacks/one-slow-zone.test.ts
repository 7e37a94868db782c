/** A zone whose servers take their time, and thousands of names in it: others must not lose their place for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSubdomain, rootName } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { RRsetCache } from '../../../src/resolver/cache/rrset-cache.ts';
import type {
  Authorities,
  AuthorityAnswer,
  AuthorityRequest,
} from '../../../src/resolver/iterator/authorities.ts';
import { Iterator } from '../../../src/resolver/iterator/iterator.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { ended } from '../../../src/system/ended.ts';
import { ip } from '../exchange/authorities-under-test.ts';
import { type ServedZone, serve } from '../iterator/universe.ts';
import { a, name, query, question } from '../messages.ts';
import { standardLimits } from '../rrsets.ts';
import { testBudget } from '../work-budgets.ts';

const root: ServedZone = {
  origin: '.',
  records: [a('www.well.', '192.0.2.80')],
  delegations: { 'slow.': { ns: ['ns.slow.'], glue: [a('ns.slow.', '192.0.2.2')] } },
};

/** The root answers at once, slow. never: sockets for thousands of questions would only make the test slow. */
class OneSlowZone implements Authorities {
  readonly #over = Promise.withResolvers<undefined>();
  asked = 0;

  ask({ zone, servers, question: what, judge }: AuthorityRequest): Promise<AuthorityAnswer | undefined> {
    if (isSubdomain(zone, name('slow.'))) {
      this.asked += 1;
      return this.#over.promise;
    }
    const message = serve(root, { ...query('x.'), questions: [what] });
    const [server = ip('192.0.2.1')] = servers;
    return Promise.resolve(judge(message) === 'useful' ? { message, server, octets: 100 } : undefined);
  }

  areDown(): boolean {
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.reject(ended);
  }
}

const flags = { dnssecOk: false, checkingDisabled: false };

describe('a zone that is slow to answer', () => {
  it('has two thousand questions under way and no more; what is beyond fails at once, and other zones go on', async () => {
    const authorities = new OneSlowZone();
    const iterator = new Iterator({
      clock: systemClock,
      authorities,
      families: [4],
      store: new RRsetCache({ maxOctets: 1_000_000, limits: standardLimits, clock: systemClock }),
      rootHints: [{ name: rootName, addresses: [ip('192.0.2.1')] }],
      isPrimed: false,
      isMinimised: true,
      maxDelegationTtl: 86_400,
      maxDelegationOctets: 100_000,
      newBudget: testBudget,
      forwarded: () => undefined,
      isForwarded: () => false,
    });
    const waiting = Array.from({ length: 2000 }, (_, i) =>
      iterator.resolve(question(`n${i}.slow.`), flags, testBudget()),
    );
    // Each has a referral to follow first.
    while (authorities.asked < 2000) await new Promise(resolve => setImmediate(resolve));
    const shed = await iterator.resolve(question('more.slow.'), flags, testBudget());
    assert.equal(shed.rcode, rcodes.SERVFAIL);
    assert.deepEqual([authorities.asked, iterator.counters.shed], [2000, 1]);
    const other = await iterator.resolve(question('www.well.'), flags, testBudget());
    assert.equal(other.answers.length, 1);
    // Who asks for what is under way waits with the others, and costs nothing.
    waiting.push(iterator.resolve(question('n0.slow.'), flags, testBudget()));
    await authorities[Symbol.asyncDispose]();
    await iterator[Symbol.asyncDispose]();
    for (const { rcode } of await Promise.all(waiting)) assert.equal(rcode, rcodes.SERVFAIL);
    assert.deepEqual([authorities.asked, iterator.status.coalesced], [2000, 1]);
  });
});
