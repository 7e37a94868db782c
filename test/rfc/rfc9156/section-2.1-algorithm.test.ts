import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { recordTypes } from '../../../src/dns/record-type.ts';
import { openUniverse, type ServerScript, type Universe } from '../../resolver/iterator/universe.ts';
import { a, txt } from '../../resolver/messages.ts';

const three = (at: (octet: number) => string): Record<number, ServerScript> => ({
  10: {
    origin: '.',
    records: [],
    delegations: { 'test.': { ns: ['ns.test.'], glue: [a('ns.test.', at(11))] } },
  },
  11: {
    origin: 'test.',
    records: [],
    delegations: { 'zone.test.': { ns: ['ns.zone.test.'], glue: [a('ns.zone.test.', at(12))] } },
  },
  12: { origin: 'zone.test.', records: [txt('secret.deep.zone.test.', 'x'), txt('other.zone.test.', 'y')] },
});

function askedAt(universe: Universe, octet: number): [string, number][] {
  return (universe.servers[octet]?.calls ?? []).map(({ query }) => {
    const [question] = query.questions;
    return [formatName(question?.name ?? new Uint8Array([0])).toLowerCase(), question?.type ?? 0];
  });
}

describe('RFC 9156 section 2: what servers are shown of a name', () => {
  it('sections 2.1 and 2.2: no more than one label beyond their own zone, asked for as an address', async () => {
    await using universe = await openUniverse({ servers: three });
    assert.equal((await universe.dig('secret.deep.zone.test.', 'TXT')).status, 'NOERROR');
    assert.deepEqual(askedAt(universe, 10), [['test.', recordTypes.A]]);
    assert.deepEqual(askedAt(universe, 11), [['zone.test.', recordTypes.A]]);
    assert.deepEqual(askedAt(universe, 12), [
      ['deep.zone.test.', recordTypes.A],
      ['secret.deep.zone.test.', recordTypes.TXT],
    ]);
  });

  it('section 2.1: what is known already is not asked for again', async () => {
    await using universe = await openUniverse({ servers: three });
    await universe.dig('secret.deep.zone.test.', 'TXT');
    assert.equal((await universe.dig('other.zone.test.', 'TXT')).status, 'NOERROR');
    assert.equal((await universe.dig('absent.deep.zone.test.', 'TXT')).status, 'NXDOMAIN');
    assert.equal(askedAt(universe, 10).length, 1);
    assert.equal(askedAt(universe, 11).length, 1);
    assert.deepEqual(askedAt(universe, 12).slice(2), [
      ['other.zone.test.', recordTypes.TXT],
      ['absent.deep.zone.test.', recordTypes.TXT],
    ]);
  });
});
