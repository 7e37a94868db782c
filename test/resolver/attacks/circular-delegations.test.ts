/** Delegations that need each other, or themselves (TsuNAME, 2021): nobody is hammered, and nobody waits. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openUniverse, type ServedZone, type ServerScript, serve as serveAt } from '../iterator/universe.ts';
import { a } from '../messages.ts';

const under =
  (delegations: NonNullable<ServedZone['delegations']>) =>
  (at: (octet: number) => string): Record<number, ServerScript> => ({
    10: {
      origin: '.',
      records: [],
      delegations: { 'test.': { ns: ['ns.nic.test.'], glue: [a('ns.nic.test.', at(11))] } },
    },
    11: { origin: 'test.', records: [], delegations },
  });

describe('delegations in a circle', () => {
  for (const [what, delegations] of Object.entries({
    'two zones': { 'a.test.': { ns: ['ns.b.test.'] }, 'b.test.': { ns: ['ns.a.test.'] } },
    'three zones with several servers each': {
      'a.test.': { ns: ['ns1.b.test.', 'ns2.b.test.', 'ns.c.test.'] },
      'b.test.': { ns: ['ns1.c.test.', 'ns2.c.test.', 'ns.a.test.'] },
      'c.test.': { ns: ['ns1.a.test.', 'ns2.a.test.', 'ns.b.test.'] },
    },
    'a server in the zone itself, without glue': { 'a.test.': { ns: ['ns.a.test.'] } },
  })) {
    it(`fail after a few messages: ${what}`, async () => {
      await using universe = await openUniverse({ servers: under(delegations) });
      const first = await universe.dig('www.a.test.', 'A');
      assert.equal(first.status, 'SERVFAIL');
      const sent = universe.sent();
      assert.ok(sent <= 6, `${sent}`);
      assert.ok((await universe.metric('anycast_resolver_recursion_limits_total{limit="circle"}')) > 0);
      // The failure is remembered, and the delegations too: other names cost nothing.
      assert.match((await universe.dig('www.a.test.', 'A')).text, /EDE: 13/);
      assert.equal((await universe.dig('mail.a.test.', 'MX')).status, 'SERVFAIL');
      assert.ok(universe.sent() <= sent + 1, `${universe.sent()}`);
      assert.equal(universe.resolver.running.status.state, 'serving');
    });
  }

  it('do not keep a zone from working that has a server outside the circle', async () => {
    await using universe = await openUniverse({
      servers: at => ({
        ...under({
          'a.test.': { ns: ['ns.b.test.', 'ns.out.test.'], glue: [a('ns.out.test.', at(12))] },
          'b.test.': { ns: ['ns.a.test.'] },
        })(at),
        12: { origin: 'a.test.', records: [a('www.a.test.', '192.0.2.1'), a('ns.a.test.', at(13))] },
        13: { origin: 'b.test.', records: [a('www.b.test.', '192.0.2.2')] },
      }),
    });
    const both = await Promise.all([universe.dig('www.b.test.', 'A'), universe.dig('www.a.test.', 'A')]);
    assert.deepEqual(
      both.map(({ answers }) => answers),
      [['www.b.test. 300 IN A 192.0.2.2'], ['www.a.test. 300 IN A 192.0.2.1']],
    );
  });
});

describe('glue that leads back to the resolver', () => {
  it('is not followed', async () => {
    let own = '192.0.2.1';
    await using universe = await openUniverse({
      servers: () => ({
        10: ({ query, send }) => {
          const zone = {
            origin: '.',
            records: [],
            delegations: { 'back.': { ns: ['ns.back.'], glue: [a('ns.back.', own)] } },
          };
          send(serveAt(zone, query));
        },
      }),
      resolver: ['queryTimeout: 2s'],
    });
    own = universe.deployment.service;
    assert.equal((await universe.dig('www.back.', 'A')).status, 'SERVFAIL');
    const { udp } = universe.resolver.running.status.queries;
    assert.equal(udp, 1);
    assert.ok((await universe.metric('anycast_resolver_server_events_total{event="refusedAddresses"}')) > 0);
  });
});
