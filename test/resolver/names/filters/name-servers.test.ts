import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openUniverse } from '../../iterator/universe.ts';
import { a, cname } from '../../messages.ts';
import { filterFolder, policyZone } from './filter-folder.ts';

describe('a policy zone with triggers by name server, over recursion', () => {
  it('decides by the servers of the zone that has the answer: fresh, cached, denied, and behind an alias', async () => {
    await using folder = await filterFolder({
      'rpz.example': policyZone('ns.evil.test.rpz-nsdname CNAME .', '*.wide.test.rpz-nsdname CNAME *.'),
    });
    await using universe = await openUniverse({
      servers: at => ({
        10: {
          origin: '.',
          records: [],
          delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
        },
        11: {
          origin: 'test.',
          records: [a('www.test.', '192.0.2.1'), cname('alias.test.', 'www.bad.test.')],
          delegations: {
            'bad.test.': {
              ns: ['ns.good.test.', 'NS.evil.test.'],
              glue: [a('ns.good.test.', at(12)), a('ns.evil.test.', at(12))],
            },
            'worse.test.': { ns: ['a.wide.test.'], glue: [a('a.wide.test.', at(13))] },
          },
        },
        12: { origin: 'bad.test.', records: [a('www.bad.test.', '192.0.2.2')] },
        13: { origin: 'worse.test.', records: [a('www.worse.test.', '192.0.2.3')] },
      }),
      resolver: [`names: { specialUse: { except: [test.] }, ${folder.rpz('rpz.example')} }`],
    });
    assert.equal((await universe.dig('www.test.')).status, 'NOERROR');
    for (const round of ['fresh', 'cached']) {
      const bad = await universe.dig('www.bad.test.');
      assert.equal(bad.status, 'NXDOMAIN', round);
      assert.match(bad.text, /EDE: 15 \(Blocked\)/);
      const worse = await universe.dig('www.worse.test.');
      assert.deepEqual([worse.status, worse.answers], ['NOERROR', []], round);
    }
    const denied = await universe.dig('none.bad.test.');
    assert.match(denied.text, /EDE: 15 \(Blocked\)/);
    const alias = await universe.dig('alias.test.');
    assert.equal(alias.status, 'NXDOMAIN');
    assert.deepEqual(alias.answers, ['alias.test. 300 IN CNAME www.bad.test.']);
    assert.equal(await universe.metric('anycast_resolver_filtered_total{action="nxdomain"}'), 4);
    assert.equal(await universe.metric('anycast_resolver_filtered_total{action="nodata"}'), 2);
  });
});
