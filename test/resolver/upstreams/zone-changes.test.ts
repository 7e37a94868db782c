import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zoneChanges } from '../../../src/resolver/upstreams/zone-changes.ts';
import { question } from '../messages.ts';
import { testDeployment } from '../test-deployment.ts';

/** The forward zones of a PoP, each with the numbers of its upstreams; always the same addresses. */
const { slice } = testDeployment({ forward: { '.': [0], 'a.test': [1], 'b.test': [2] } });
const [root, a, b] = slice.config.resolver.forward;
assert.ok(root && a && b);
const { recursion } = slice.config.resolver;

describe('changes of forward zones', () => {
  it('are none where only the order or nothing differs', () => {
    const changes = zoneChanges({ forward: [root, a, b], recursion }, { forward: [b, a, root], recursion });
    assert.deepEqual(changes.zones, []);
    assert.equal(changes.isChanged(question('www.a.test.')), false);
  });

  it('concern the names that are asked of others, not those of a longer zone that stayed', () => {
    const moved = { ...root, upstreams: b.upstreams };
    const changes = zoneChanges({ forward: [root, a], recursion }, { forward: [moved, a], recursion });
    assert.deepEqual(changes.zones, ['.']);
    assert.equal(changes.isChanged(question('www.test.')), true);
    assert.equal(changes.isChanged(question('www.a.test.')), false);
    // The DS record of a zone is asked of the zone above.
    assert.equal(changes.isChanged(question('a.test.', 'DS')), true);
  });

  it('concern a zone that was added or removed, unless the same servers have it', () => {
    const removed = zoneChanges({ forward: [root, a], recursion }, { forward: [root], recursion });
    assert.equal(removed.isChanged(question('www.a.test.')), true);
    assert.equal(removed.isChanged(question('www.test.')), false);
    const same = { ...root, zone: 'c.test' };
    const added = zoneChanges({ forward: [root], recursion }, { forward: [root, same], recursion });
    assert.equal(added.isChanged(question('www.c.test.')), false);
  });

  it('concern everything that is not forwarded when recursion changes', () => {
    const other = { ...recursion, ...({ hints: 'other' } as object) };
    const changes = zoneChanges({ forward: [a], recursion }, { forward: [a], recursion: other });
    assert.equal(changes.isChanged(question('www.test.')), true);
    assert.equal(changes.isChanged(question('www.a.test.')), false);
  });
});
