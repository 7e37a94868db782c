import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalNames } from '../../../src/dns/name.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { openUniverse, type ServerScript, serve, type Universe } from '../../resolver/iterator/universe.ts';
import { a, name, ns } from '../../resolver/messages.ts';
import { replyTo, type UpstreamCall } from '../../resolver/scripted-upstream.ts';
import { eventually } from '../../support/eventually.ts';

/** 10 stands in the hints, and says that 11 is the root. */
const tree =
  (answersPriming: boolean, ttl = 3600) =>
  (at: (octet: number) => string): Record<number, ServerScript> => {
    const delegations = { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(12))] } };
    const root = ({ query, send }: UpstreamCall): void => {
      const flags = { ...query.flags, qr: true, aa: true };
      const additionals = [a('b.root.test.', at(11))];
      if (!isPriming(query)) send(serve({ origin: '.', records: [], delegations }, query));
      else if (answersPriming)
        send(replyTo(query, { flags, answers: [ns('.', 'b.root.test.', ttl)], additionals }));
    };
    return { 10: root, 11: root, 12: { origin: 'test.', records: [a('www.test.', '192.0.2.1')] } };
  };

function isPriming({ questions: [question] }: UpstreamCall['query']): boolean {
  return question?.type === recordTypes.NS && equalNames(question.name, name('.'));
}

const primings = ({ servers }: Universe): number =>
  [10, 11].reduce(
    (sum, octet) => sum + (servers[octet]?.calls ?? []).filter(({ query }) => isPriming(query)).length,
    0,
  );

describe('RFC 9609 section 3: priming', () => {
  for (const ttl of [3600, 0]) {
    it(`asks the root for its servers once, and then those servers (TTL ${ttl})`, async () => {
      await using universe = await openUniverse({ servers: tree(true, ttl), recursion: ['priming: true'] });
      await universe.dig('www.test.', 'A');
      await eventually(() => assert.equal(primings(universe), 1));
      const before = universe.servers[10]?.calls.length;
      assert.equal((await universe.dig('www.other.', 'A')).status, 'NXDOMAIN');
      assert.equal((await universe.dig('www.third.', 'A')).status, 'NXDOMAIN');
      assert.equal(universe.servers[10]?.calls.length, before);
      assert.ok((universe.servers[11]?.calls.length ?? 0) > 0);
      assert.equal(primings(universe), 1);
    });
  }

  it('never does when it is switched off', async () => {
    await using universe = await openUniverse({ servers: tree(true), recursion: ['priming: false'] });
    await universe.dig('www.test.', 'A');
    await universe.dig('www.other.', 'A');
    assert.equal(primings(universe), 0);
  });

  it('goes on with the hints when nobody answers it', async () => {
    await using universe = await openUniverse({
      servers: tree(false),
      recursion: ['priming: true'],
      resolver: ['queryTimeout: 1s'],
    });
    assert.equal((await universe.dig('www.test.', 'A')).status, 'NOERROR');
    assert.equal((await universe.dig('www.other.', 'A')).status, 'NXDOMAIN');
    assert.ok(primings(universe) > 0);
  });
});
