/** Forward zones and the tree beside them: neither decides about the other's names (MaginotDNS, USENIX Security 2023). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalNames } from '../../../src/dns/name.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { openUniverse, type ServerScript, serve } from '../iterator/universe.ts';
import { a, cname, dname, name, ns, soa } from '../messages.ts';
import { openUpstream, replyTo } from '../scripted-upstream.ts';

const tree = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: { 'test.': { ns: ['ns.nic.test.'], glue: [a('ns.nic.test.', at(11))] } },
  },
  11: ({ query, send }) => {
    const flags = { ...query.flags, qr: true, aa: true };
    // It answers for a name of the forward zone at the end of an alias.
    const leak = [cname('leak.test.', 'www.corp.test.'), a('www.corp.test.', '192.0.2.66')];
    if (equalNames(query.questions[0]?.name ?? name('.'), name('leak.test.')))
      return send(replyTo(query, { flags, answers: leak, authorities: [ns('corp.test.', 'ns.nic.test.')] }));
    send(serve({ origin: 'test.', records: [a('bank.test.', '192.0.2.1')] }, query));
  },
});

describe('a forward zone beside recursion', () => {
  it('has its upstream decide about nothing outside, and nobody outside about it', async () => {
    await using universe = await openUniverse({ servers: tree, forward: { 'corp.test.': [0] } });
    const { upstreams, upstreamPort } = universe.deployment;
    await using upstream = await openUpstream(upstreams[0], upstreamPort, ({ query, send }) => {
      const owner = query.questions[0]?.name;
      const own =
        owner && owner.length === name('www.corp.test.').length ? [a('www.corp.test.', '192.0.2.2')] : [];
      const extras = [
        a('bank.test.', '192.0.2.66'),
        dname('test.', 'corp.test.'),
        ns('test.', 'ns.corp.test.'),
      ];
      send(
        replyTo(query, {
          answers: [...own, ...extras],
          authorities: [soa('test.'), ns('.', 'ns.corp.test.')],
          additionals: extras,
        }),
      );
    });
    const inside = await universe.dig('www.corp.test.', 'A');
    assert.deepEqual(
      inside.answers.filter(line => line.includes('192.0.2.66')),
      [],
    );
    assert.ok(inside.answers.includes('www.corp.test. 300 IN A 192.0.2.2'));
    await universe.dig('empty.corp.test.', 'A');
    assert.deepEqual((await universe.dig('bank.test.', 'A')).answers, ['bank.test. 300 IN A 192.0.2.1']);
    assert.ok(upstream.calls.length >= 2);
  });

  it('is asked for its own names where an alias from outside leads there, whatever is said outside', async () => {
    await using universe = await openUniverse({ servers: tree, forward: { 'corp.test.': [0] } });
    const { upstreams, upstreamPort } = universe.deployment;
    await using upstream = await openUpstream(upstreams[0], upstreamPort, ({ query, send }) =>
      send(replyTo(query, { answers: [a('www.corp.test.', '192.0.2.2')] })),
    );
    assert.deepEqual((await universe.dig('leak.test.', 'A')).answers, [
      'leak.test. 300 IN CNAME www.corp.test.',
      'www.corp.test. 300 IN A 192.0.2.2',
    ]);
    assert.equal(upstream.calls.length, 1);
    assert.deepEqual((await universe.dig('www.corp.test.', 'A')).answers, [
      'www.corp.test. 300 IN A 192.0.2.2',
    ]);
  });

  it('does not exist for those outside when its upstream fails', async () => {
    await using universe = await openUniverse({ servers: tree, forward: { 'corp.test.': [0] } });
    const { upstreams, upstreamPort } = universe.deployment;
    await using _ = await openUpstream(upstreams[0], upstreamPort, ({ query, send }) =>
      send(replyTo(query, { rcode: rcodes.REFUSED })),
    );
    assert.equal((await universe.dig('www.corp.test.', 'A')).status, 'SERVFAIL');
    assert.equal(universe.sent(), 0);
  });
});
