import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatName } from '../../../src/dns/name.ts';
import { forwardZones } from '../../../src/resolver/upstreams/forward-zones.ts';
import { name, question, type TypeName } from '../messages.ts';

const zoneOf = forwardZones(['.', 'test.', 'leaf.test.'].map(zone => ({ name: name(zone), upstreams: [] })));

function found(text: string, type?: TypeName): string {
  const zone = zoneOf(question(text, type));
  return zone ? formatName(zone.name) : 'none';
}

describe('the zone of a question', () => {
  it('is the longest that holds the name, by labels, in any letter case', () => {
    assert.equal(found('www.LEAF.test.'), 'leaf.test.');
    assert.equal(found('leaf.test.'), 'leaf.test.');
    assert.equal(found('notleaf.test.'), 'test.');
    assert.equal(found('example.'), '.');
    assert.equal(found('.'), '.');
  });

  it('is the parent for a DS record', () => {
    assert.equal(found('leaf.test.', 'DS'), 'test.');
    assert.equal(found('sub.leaf.test.', 'DS'), 'leaf.test.');
    assert.equal(found('.', 'DS'), '.');
  });

  it('is none when no zone holds the name', () => {
    const only = forwardZones([{ name: name('test.'), upstreams: [] }]);
    assert.equal(only(question('example.')), undefined);
  });
});
