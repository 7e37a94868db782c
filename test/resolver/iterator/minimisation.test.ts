import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatName, isSubdomain, labelCount } from '../../../src/dns/name.ts';
import { Minimisation } from '../../../src/resolver/iterator/minimisation.ts';
import { name } from '../messages.ts';

/** Shows names until the whole one, told each time that the last one exists. */
function shownOf(text: string, { isOn = true, known = 0 } = {}): string[] {
  const whole = name(text);
  const minimisation = new Minimisation(whole, isOn);
  const shown: string[] = [];
  for (let labels = known; shown.at(-1) !== text; labels = labelCount(name(shown.at(-1) ?? '.')))
    shown.push(formatName(minimisation.next(labels)));
  return shown;
}

const deep = (labels: number): string => 'x.'.repeat(labels);

describe('how much of a name is shown', () => {
  it('is one label more than is known', () => {
    assert.deepEqual(shownOf('a.b.test.'), ['test.', 'b.test.', 'a.b.test.']);
    assert.deepEqual(shownOf('a.b.test.', { known: 2 }), ['a.b.test.']);
  });

  it('is all of it where minimisation is off, or was ended', () => {
    assert.deepEqual(shownOf('a.b.c.test.', { isOn: false }), ['a.b.c.test.']);
    const minimisation = new Minimisation(name('a.b.c.test.'), true);
    minimisation.next(0);
    minimisation.end();
    assert.equal(formatName(minimisation.next(1)), 'a.b.c.test.');
  });

  it('is all of it for the root, and for what is known whole', () => {
    assert.equal(formatName(new Minimisation(name('.'), true).next(0)), '.');
    assert.equal(formatName(new Minimisation(name('test.'), true).next(1)), 'test.');
  });

  it('takes at most ten shortened names, whatever the length of the name', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 126 }), fc.integer({ min: 0, max: 126 }), (labels, known) => {
        const shown = shownOf(deep(labels), { known: Math.min(labels, known) });
        assert.ok(shown.length <= 11, `${shown.length}`);
        for (const [index, text] of shown.slice(1).entries()) {
          const before = name(shown[index] ?? '');
          assert.ok(isSubdomain(name(text), before) && labelCount(name(text)) > labelCount(before));
        }
      }),
    );
  });

  it('takes at most ten of them also where each one turns out to be a zone of its own', () => {
    const minimisation = new Minimisation(name(deep(60)), true);
    const shortened = Array.from({ length: 40 }, (_, known) => minimisation.next(known)).filter(
      shown => shown.length < name(deep(60)).length,
    );
    assert.ok(shortened.length > 5 && shortened.length <= 10, `${shortened.length}`);
  });
});
