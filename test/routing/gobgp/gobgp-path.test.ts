/** Announcements as GoBGP's paths, and paths read back. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { type Announcement, attributesKey } from '../../../src/routing/announcement.ts';
import {
  type GobgpPath,
  isLocal,
  pathKey,
  pathOf,
  prefixOf,
  sentAttributes,
  slotKey,
} from '../../../src/routing/gobgp/gobgp-path.ts';
import { v4, v6 } from '../../contract/route-driver.ts';

const number32 = fc.integer({ min: 0, max: 0xffff_ffff });
const number16 = fc.integer({ min: 0, max: 0xffff });

const announcements: fc.Arbitrary<Announcement> = fc
  .record({
    prefix: fc.constantFrom(v4.prefix, v6.prefix),
    communities: fc.array(fc.tuple(number16, number16), { maxLength: 4 }),
    largeCommunities: fc.array(fc.tuple(number32, number32, number32), { maxLength: 4 }),
    prepend: fc.integer({ min: 0, max: 16 }),
    med: fc.option(number32, { nil: undefined }),
  })
  .map(({ med, ...rest }) => ({ ...rest, ...(med !== undefined && { med }) }));

/** The path as a neighbour is sent it: with our AS number once more. */
function sent(path: GobgpPath, asn: number): GobgpPath {
  const [origin, ...rest] = path.pattrs;
  assert(origin);
  const segment = rest.find(each => each['@type'].endsWith('AsPathAttribute'));
  const numbers = (segment?.segments as { numbers: number[] }[] | undefined)?.[0]?.numbers ?? [];
  const longer = { '@type': 'type.googleapis.com/apipb.AsPathAttribute' };
  return {
    ...path,
    pattrs: [
      origin,
      ...rest.filter(each => each !== segment),
      { ...longer, segments: [{ type: 'AS_SEQUENCE', numbers: [asn, ...numbers] }] },
    ],
  };
}

suite('paths of GoBGP', () => {
  test('give back the announcement that they were made from', () => {
    fc.assert(
      fc.property(announcements, number32, (announcement, asn) => {
        const path = pathOf(announcement, asn);
        assert.equal(prefixOf(path)?.text, announcement.prefix.text);
        assert.equal(attributesKey(sentAttributes(sent(path, asn), asn)), attributesKey(announcement));
      }),
    );
  });

  test('are alike exactly when their announcements are, whatever the order of communities', () => {
    fc.assert(
      fc.property(announcements, announcements, (one, other) => {
        const key = (each: Announcement) => pathKey(pathOf(each, 64_500));
        const turned = { ...one, communities: [...one.communities].reverse() };
        assert.equal(key(turned), key(one));
        const areAlike = one.prefix === other.prefix && attributesKey(one) === attributesKey(other);
        assert.equal(key(one) === key(other), areAlike);
      }),
    );
  });

  test('to one prefix take the place of each other, unless they come from another source', () => {
    const plain = pathOf(v4, 64_500);
    assert.equal(slotKey(pathOf({ ...v4, med: 3 }, 64_500)), slotKey(plain));
    // Read back, a path that nobody signed has a word where its source would stand.
    assert.equal(slotKey({ ...plain, source_id: '<nil>' }), slotKey(plain));
    for (const other of [{ identifier: 7 }, { source_asn: 64_501, source_id: '198.18.1.1' }])
      assert.notEqual(slotKey({ ...plain, ...other }), slotKey(plain));
    assert.notEqual(slotKey(pathOf(v6, 64_500)), slotKey(plain));
  });

  test('that differ in an attribute which we never set are not taken for ours', () => {
    const ours = pathOf(v4, 64_500);
    const stranger = { '@type': 'type.googleapis.com/apipb.NextHopAttribute', next_hop: '198.51.100.9' };
    const theirs = {
      ...ours,
      pattrs: [...ours.pattrs.filter(each => each['@type'] !== stranger['@type']), stranger],
    };
    assert.notEqual(pathKey(theirs), pathKey(ours));
  });

  test('are local unless a neighbour has sent them', () => {
    const path = pathOf(v6, 64_500);
    for (const neighbour_ip of ['', '<nil>']) assert(isLocal({ ...path, neighbor_ip: neighbour_ip }));
    for (const neighbour_ip of ['198.18.1.5', '2001:db8:1:1::1'])
      assert(!isLocal({ ...path, neighbor_ip: neighbour_ip }));
  });
});
