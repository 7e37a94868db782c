import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { announcesLess } from '../../../src/agent/lease/announces-less.ts';
import type { Announcement } from '../../../src/routing/announcement.ts';
import type { ExportedRoute, Observation } from '../../../src/routing/route-driver.ts';
import { v4, v6 } from '../../contract/route-driver.ts';

/** What a router exports that was told `announcements`, to these neighbours. */
function exporting(
  announcements: readonly Announcement[],
  neighbours: readonly string[] = ['isp-eu'],
): Observation['exported'] {
  return new Map(
    announcements.map(({ prefix, ...attributes }): [string, readonly ExportedRoute[]] => [
      prefix.text,
      neighbours.map(neighbour => ({ neighbour, ...attributes })),
    ]),
  );
}

const prepended: Announcement = { ...v4, prepend: 3 };

describe('a wish announces less', () => {
  it('when it is to announce nothing, even where nothing is known', () => {
    assert.ok(announcesLess([]));
    assert.ok(announcesLess([], exporting([v4])));
  });

  it('when all of it is exported already, just so', () => {
    assert.ok(announcesLess([v4], exporting([v4, v6])));
    assert.ok(announcesLess([v4, v6], exporting([v4, v6], ['isp-eu', 'ix'])));
  });

  it('and not when one prefix of it is new, or nothing is known of it', () => {
    assert.ok(!announcesLess([v4, v6], exporting([v4])));
    assert.ok(!announcesLess([v4]));
  });

  it('and not when an attribute would change, better or worse', () => {
    assert.ok(!announcesLess([prepended], exporting([v4])));
    assert.ok(!announcesLess([v4], exporting([prepended])));
  });

  it('and not when one of two neighbours has it otherwise', () => {
    const routes = [...exporting([v4], ['isp-eu']).values(), ...exporting([prepended], ['ix']).values()];
    assert.ok(!announcesLess([v4], new Map([[v4.prefix.text, routes.flat()]])));
  });

  it('exactly when it is a part of what is exported', () => {
    const routes = [v4, v6, prepended];
    const anyWish = fc.subarray(routes);
    fc.assert(
      fc.property(anyWish, fc.subarray([v4, v6]), (wish, exported) => {
        assert.equal(
          announcesLess(wish, exporting(exported)),
          wish.every(each => exported.includes(each)),
        );
      }),
    );
  });
});
