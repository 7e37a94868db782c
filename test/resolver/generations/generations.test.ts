import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PopSlice, ResolverConfig } from '../../../src/config/anycast-config.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordClasses } from '../../../src/dns/record-class.ts';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { ranks } from '../../../src/resolver/cache/rrset.ts';
import { RRsetCache } from '../../../src/resolver/cache/rrset-cache.ts';
import type { LastingParts } from '../../../src/resolver/generations/generation.ts';
import { Generations } from '../../../src/resolver/generations/generations.ts';
import { OwnSources, OwnSourcesOpener } from '../../../src/resolver/generations/own-sources.ts';
import { SharedPart } from '../../../src/resolver/generations/shared-part.ts';
import type { ClientQuery, PolicyServices } from '../../../src/resolver/policy.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { WorkBudget } from '../../../src/resolver/work-budget.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { a, query, question } from '../messages.ts';
import { testServices } from '../policy-services.ts';
import { rrset, rrsetCache } from '../rrsets.ts';
import { testDeployment } from '../test-deployment.ts';
import { testLimits } from '../work-budgets.ts';

const { slice } = testDeployment();

function withResolver(changes: Partial<ResolverConfig>): PopSlice {
  return { ...slice, config: { ...slice.config, resolver: { ...slice.config.resolver, ...changes } } };
}

function lastingOf(services: PolicyServices): LastingParts {
  const { clock, counters, rrsets } = services;
  assert.ok(rrsets instanceof RRsetCache);
  const sources = new OwnSourcesOpener({ clock, rrsets, counters, upstreamPort: 9 });
  return { ...services, log: createLog('resolver', 'fra', 'silent'), sources };
}

async function generations(services: Partial<PolicyServices> = {}): Promise<Generations> {
  const shared = await testServices(slice, services);
  const lasting = lastingOf(shared);
  const opened = {
    clients: new SharedPart(shared.clients, 'clients'),
    names: new SharedPart(shared.names, 'names'),
  };
  return new Generations(slice, lasting, opened);
}

function own(all: Generations): OwnSources {
  const { sources } = all.current;
  assert.ok(sources instanceof OwnSources);
  return sources;
}

function replace(all: Generations, next: PopSlice): void {
  all.replace(next, all.current.shared);
}

/** id.server from a client that no list admits by itself. */
function fromStranger(): ClientQuery {
  const asked = { ...question('id.server.', 'TXT'), class: recordClasses.CH };
  return {
    message: query('id.server.', 'TXT', { questions: [asked] }),
    question: asked,
    client: {
      transport: 'udp',
      address: '198.51.100.77',
      local: { text: '203.0.113.53', family: 4, kind: 'service' },
    },
    isAddressProven: false,
    cookie: 'absent',
    budget: new WorkBudget(testLimits, systemClock),
  };
}

describe('generations', () => {
  it('admit by the access list in force', async () => {
    await using all = await generations();
    assert.equal((await all.answer(fromStranger())).rcode, rcodes.REFUSED);
    const prefix = parseIpPrefix('198.51.100.0/24');
    assert.ok(prefix);
    replace(all, withResolver({ accessList: [prefix] }));
    assert.equal((await all.answer(fromStranger())).rcode, rcodes.NOERROR);
    replace(all, slice);
    assert.equal((await all.answer(fromStranger())).rcode, rcodes.REFUSED);
  });

  it('take the forwarder over while its part of the configuration is the same, and replace it when not', async () => {
    await using all = await generations();
    const { forwarder } = own(all);
    replace(all, withResolver({ version: 'other' }));
    assert.equal(own(all).forwarder.part, forwarder.part);
    replace(all, withResolver({ queryTimeout: 1234 }));
    assert.notEqual(own(all).forwarder.part, forwarder.part);
    assert.equal(all.current.workLimits.timeMs, 1234);
  });

  it('end when nothing is under way, and not before', async () => {
    await using all = await generations();
    const waiting = all.answer({
      ...fromStranger(),
      question: question('www.test.'),
      message: query('www.test.'),
      client: { ...fromStranger().client, address: '127.0.0.1' },
    });
    const before = all.current;
    assert.equal(before.underWay, 1);
    replace(all, withResolver({ upstreamTimeout: 50 }));
    assert.equal(all.retiring, 1);
    // Nobody listens at the upstream; the reply comes from the old generation all the same.
    assert.equal((await waiting).rcode, rcodes.SERVFAIL);
    assert.equal(before.underWay, 0);
    while (all.retiring > 0) await new Promise(resolve => setImmediate(resolve));
  });

  it('give the cache its new size', async () => {
    const cache = new AnswerCache(1024 * 1024);
    await using all = await generations({ cache });
    const { config } = slice;
    replace(all, withResolver({ cache: { ...config.resolver.cache, maxBytes: 65_536 } }));
    assert.equal(cache.size.maxOctets, (65_536 * 3) / 8);
  });

  it('give the answer cache its new time for stale answers, also for those that are there', async () => {
    const cache = new AnswerCache(1024 * 1024, 60_000);
    await using all = await generations({ cache });
    const keys = slice.config.resolver.cache;
    const flags = { dnssecOk: false, checkingDisabled: false };
    const asked = question('old.test.');
    const reply = { ...emptyReply(rcodes.NOERROR), answers: [a('old.test.', '192.0.2.1')] };
    cache.keep({ question: asked, flags, reply, ttlSeconds: 10 }, 0);
    const isGiven = (wallMs: number): boolean => cache.findLatest(asked, flags, wallMs) !== undefined;
    assert.equal(isGiven(20_000), true);
    const { serveStale } = keys;
    assert.ok(serveStale !== 'off');
    replace(all, withResolver({ cache: { ...keys, serveStale: { ...serveStale, upTo: 200_000 } } }));
    assert.equal(isGiven(100_000), true);
    replace(all, withResolver({ cache: { ...keys, serveStale: { ...serveStale, upTo: 5000 } } }));
    assert.deepEqual([isGiven(14_000), isGiven(20_000)], [true, false]);
    cache.keep({ question: asked, flags, reply, ttlSeconds: 10 }, 0);
    replace(all, withResolver({ cache: { ...keys, serveStale: 'off' } }));
    assert.equal(isGiven(11_000), false);
  });

  it('keep RRsets by the TTL limits in force, and have recursion follow delegations by them', async () => {
    const { cache: rrsets } = rrsetCache();
    await using all = await generations({ rrsets });
    const keys = slice.config.resolver.cache;
    const kept = a('kept.test.', '192.0.2.1', 3600);
    const keptTtl = (): number | undefined => {
      rrsets.keep(rrset(kept), ranks.answer);
      return rrsets.find(kept.name, kept.type, ranks.answer)?.ttl;
    };
    assert.equal(keptTtl(), 3600);
    const { recursion } = own(all);
    replace(all, withResolver({ cache: { ...keys, maxTtl: 60_000 } }));
    assert.equal(keptTtl(), 60);
    assert.notEqual(own(all).recursion.part, recursion.part);
    replace(all, withResolver({ cache: { ...keys, minTtl: 7_200_000 } }));
    assert.equal(keptTtl(), 7200);
  });

  it('keep what a replaced one was opened with until its last query is answered', async () => {
    const ended: string[] = [];
    const services = await testServices(slice);
    const part = (name: string) => {
      const own = { ...services.clients, [Symbol.asyncDispose]: async () => void ended.push(name) };
      return new SharedPart(own, name);
    };
    const lasting = lastingOf(services);
    const names = new SharedPart(services.names, 'names');
    await using all = new Generations(slice, lasting, { clients: part('first'), names });
    const waiting = all.answer({
      ...fromStranger(),
      question: question('www.test.'),
      message: query('www.test.'),
      client: { ...fromStranger().client, address: '127.0.0.1' },
    });
    all.replace(withResolver({ upstreamTimeout: 50 }), { clients: part('second'), names });
    await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(ended, []);
    await waiting;
    while (all.retiring > 0) await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(ended, ['first']);
  });
});
