import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PopSlice, ResolverConfig } from '../../../src/config/anycast-config.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { recordClasses } from '../../../src/dns/record-class.ts';
import { parseIpPrefix } from '../../../src/ip/prefix.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { Generations } from '../../../src/resolver/generations/generations.ts';
import type { ClientQuery, PolicyServices } from '../../../src/resolver/policy.ts';
import { WorkBudget } from '../../../src/resolver/work-budget.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { query, question } from '../messages.ts';
import { testServices } from '../policy-services.ts';
import { testDeployment } from '../test-deployment.ts';
import { testLimits } from '../work-budgets.ts';

const { slice } = testDeployment();

function withResolver(changes: Partial<ResolverConfig>): PopSlice {
  return { ...slice, config: { ...slice.config, resolver: { ...slice.config.resolver, ...changes } } };
}

async function generations(services: Partial<PolicyServices> = {}): Promise<Generations> {
  return new Generations(slice, {
    ...(await testServices(slice, services)),
    log: createLog('resolver', 'fra', 'silent'),
    upstreamPort: 9,
  });
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
    all.replace(withResolver({ accessList: [prefix] }));
    assert.equal((await all.answer(fromStranger())).rcode, rcodes.NOERROR);
    all.replace(slice);
    assert.equal((await all.answer(fromStranger())).rcode, rcodes.REFUSED);
  });

  it('take the forwarder over while its part of the configuration is the same, and replace it when not', async () => {
    await using all = await generations();
    const { forwarder } = all.current;
    all.replace(withResolver({ version: 'other' }));
    assert.equal(all.current.forwarder, forwarder);
    all.replace(withResolver({ queryTimeout: 1234 }));
    assert.notEqual(all.current.forwarder, forwarder);
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
    all.replace(withResolver({ upstreamTimeout: 50 }));
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
    all.replace(withResolver({ cache: { ...config.resolver.cache, maxBytes: 65_536 } }));
    assert.equal(cache.size.maxOctets, (65_536 * 3) / 8);
  });
});
