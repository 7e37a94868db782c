/** Which names are shown, whatever the name and wherever the cuts are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalNames, isSubdomain, labelCount } from '../../../src/dns/name.ts';
import { Minimisation } from '../../../src/resolver/iterator/minimisation.ts';
import { name } from '../messages.ts';

const deepName = fc
  .array(fc.constantFrom('a', 'b', 'www'), { minLength: 1, maxLength: 60 })
  .map(labels => name(`${labels.join('.')}.`));

describe('minimisation', () => {
  it('shows ancestors below what is known, ever longer, ten at most, and then the whole name', () => {
    const property = fc.property(
      deepName,
      fc.nat(3),
      fc.array(fc.nat(2), { maxLength: 60 }),
      (whole, start, cuts) => {
        const minimisation = new Minimisation(whole, true);
        let known = Math.min(start, labelCount(whole) - 1);
        let shortened = 0;
        for (let step = 0; ; step += 1) {
          const shown = minimisation.next(known);
          if (equalNames(shown, whole)) return;
          shortened += 1;
          assert.ok(shortened <= 10);
          assert.ok(isSubdomain(whole, shown) && shown.length < whole.length);
          assert.ok(labelCount(shown) > known);
          // A referral leads as far as what was shown, or only part of the way; never nowhere.
          known = Math.max(known + 1, labelCount(shown) - (cuts[step] ?? 0));
        }
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
