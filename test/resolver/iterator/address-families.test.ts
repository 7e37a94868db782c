import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message, ResourceRecord } from '../../../src/dns/message.ts';
import { equalNames, rootName } from '../../../src/dns/name.ts';
import { recordClasses } from '../../../src/dns/record-class.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import type { IpFamily } from '../../../src/ip/address.ts';
import { RRsetCache } from '../../../src/resolver/cache/rrset-cache.ts';
import type { Authorities, AuthorityRequest } from '../../../src/resolver/iterator/authorities.ts';
import { Iterator } from '../../../src/resolver/iterator/iterator.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { ip } from '../exchange/authorities-under-test.ts';
import { a, name, query, question } from '../messages.ts';
import { standardLimits } from '../rrsets.ts';
import { testBudget } from '../work-budgets.ts';
import { type ServedZone, serve } from './universe.ts';

function aaaa(owner: string, address: string): ResourceRecord {
  const rdata = { kind: 'AAAA', address: ip(address).octets } as const;
  return { name: name(owner), type: recordTypes.AAAA, class: recordClasses.IN, ttl: 300, rdata };
}

/** Servers by address, reached without a network: the machine of the test may have only one family. */
function inMemory(zones: Readonly<Record<string, ServedZone>>): Authorities & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    ask: async ({ servers, question: what, judge }: AuthorityRequest) => {
      for (const server of servers) {
        asked.push(server.text);
        const zone = zones[server.text];
        const message: Message | undefined = zone && serve(zone, { ...query('x.', 'A'), questions: [what] });
        if (message && judge(message) === 'useful') return { message, server };
      }
      return undefined;
    },
    areDown: () => false,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** leaf. has a server with glue of one family, and one without glue, which is in other. and has both. */
const zones = (glue: ResourceRecord): Record<string, ServedZone> => {
  const server = 'ns.other.';
  const leaf: ServedZone = { origin: 'leaf.', records: [a('www.leaf.', '192.0.2.80')] };
  const other: ServedZone = {
    origin: 'other.',
    records: [a(server, '192.0.2.2'), aaaa(server, '2001:db8::2')],
  };
  const both = [a('ns1.other.', '192.0.2.3'), aaaa('ns1.other.', '2001:db8::3')];
  const root: ServedZone = {
    origin: '.',
    records: [],
    delegations: {
      'leaf.': { ns: ['ns.leaf.', server], glue: [glue] },
      'other.': { ns: ['ns1.other.'], glue: both },
    },
  };
  return {
    '192.0.2.1': root,
    '2001:db8::1': root,
    '192.0.2.2': leaf,
    '2001:db8::2': leaf,
    '192.0.2.3': other,
    '2001:db8::3': other,
  };
};

async function resolved(families: readonly IpFamily[], glue: ResourceRecord) {
  const authorities = inMemory(zones(glue));
  const store = new RRsetCache({ maxOctets: 1_000_000, limits: standardLimits, clock: systemClock });
  await using iterator = new Iterator({
    clock: systemClock,
    authorities,
    families,
    store,
    rootHints: [{ name: rootName, addresses: [ip('192.0.2.1'), ip('2001:db8::1')] }],
    isPrimed: false,
    isMinimised: true,
    maxDelegationTtl: 86_400,
    maxDelegationOctets: 100_000,
    newBudget: testBudget,
    forwarded: () => undefined,
    isForwarded: () => false,
  });
  const flags = { dnssecOk: false, checkingDisabled: false };
  const { answers } = await iterator.resolve(question('www.leaf.'), flags, testBudget());
  const isFound = answers.some(
    record => record.type === recordTypes.A && equalNames(record.name, name('www.leaf.')),
  );
  return { isFound, asked: authorities.asked };
}

describe('a PoP with addresses of one family', () => {
  it('looks up the IPv6 addresses of name servers when it has IPv6 alone', async () => {
    const { isFound, asked } = await resolved([6], a('ns.leaf.', '192.0.2.2'));
    assert.ok(isFound);
    assert.deepEqual(asked.at(-1), '2001:db8::2');
    assert.ok(
      asked.every(text => text.includes(':')),
      asked.join(),
    );
  });

  it('looks up the IPv4 addresses of name servers when it has IPv4 alone', async () => {
    const { isFound, asked } = await resolved([4], aaaa('ns.leaf.', '2001:db8::2'));
    assert.ok(isFound);
    assert.deepEqual(asked.at(-1), '192.0.2.2');
    assert.ok(
      asked.every(text => !text.includes(':')),
      asked.join(),
    );
  });
});
