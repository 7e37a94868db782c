import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { doctorText } from '../../src/doctor/doctor-text.ts';
import type { ExaminationReport, HostReport } from '../../src/doctor/examine-host.ts';
import { fail, pass, skip, warn } from '../../src/doctor/finding.ts';

function reportOf(...findings: ExaminationReport['findings'][]): HostReport {
  return {
    pop: 'fra',
    examinations: findings.map((each, index) => ({
      name: `e${index}`,
      looksAt: `thing ${index}`,
      findings: each,
    })),
    counts: { pass: 1, warn: 2, fail: 1, skip: 0 },
  };
}

const textOf = (report: HostReport) => stripVTControlCharacters(doctorText(report));
const long =
  'a sentence that goes on and on, as sentences about networks do, until no terminal holds it in one line';

describe('the text of an examination', () => {
  it('keeps within 80 columns, but for a command, which stays whole to be copied', () => {
    const command = `ip ${'address '.repeat(12)}`.trim();
    const lines = textOf(
      reportOf([warn('2001:db8:53:1234:5678::53/128', long, { run: command }, { advice: long })]),
    ).split('\n');
    assert.deepEqual(
      lines.filter(line => line.length > 80).map(line => line.trim()),
      [`$ ${command}`],
    );
  });

  it('shows a finding with its verdict, and the remedy below it', () => {
    const text = textOf(reportOf([fail('203.0.113.53', 'not on lo', { run: 'ip address replace' })]));
    assert.match(text, /^ {2}fail {2}203\.0\.113\.53 +not on lo\n {8}\$ ip address replace$/m);
  });

  it('gives advice once, however many findings share it', () => {
    const advice = { advice: 'keep it in a file' };
    const text = textOf(reportOf([warn('a', 'x', advice)], [warn('b', 'y', advice)]));
    assert.equal(text.split('keep it in a file').length, 2);
  });

  it('gathers what was not looked at by its reason, at the end', () => {
    const text = textOf(reportOf([skip('a', 'no PoP')], [pass('b', 'well')], [skip('c', 'no PoP')]));
    assert.match(text, /not looked at\n {2}skip {2}thing 0, thing 2: no PoP\n/);
    assert.ok(text.indexOf('well') < text.indexOf('not looked at'));
  });

  it('ends with the count, the worst first', () => {
    assert.match(textOf(reportOf([pass('a', 'b')])), /\nfra {2}1 failed, 2 warnings, 1 passed\n$/);
  });
});
