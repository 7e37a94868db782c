/**
 * The report as text for a terminal of 80 columns. What is well is quiet, what is not stands out with its remedy below it;
 * what was not looked at comes last, by reason.
 */
import { styleText } from 'node:util';
import type { ExaminationReport, HostReport } from './examine-host.ts';
import type { Finding, FindingVerdict, Remedy } from './finding.ts';

const columns = 80;

/** Columns of `  pass  `, and of what a finding is about; a longer subject pushes its sentence to the next line. */
const verdictWidth = 8;
const aboutWidth = 21;
const saidIndent = verdictWidth + aboutWidth + 2;

const colors = { pass: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const satisfies Record<
  FindingVerdict,
  string
>;

export function doctorText(report: HostReport): string {
  const examined = report.examinations.filter(each => !isLeftOut(each));
  const leftOut = report.examinations.filter(isLeftOut);
  const said = new Set<string>();
  return [
    ...examined.flatMap(each => [...groupLines(each, said), '']),
    ...leftOutLines(leftOut),
    summary(report),
    '',
  ].join('\n');
}

/** Whether nothing of it was looked at, for one reason and with nothing to do about it but what that reason says. */
function isLeftOut({ findings }: ExaminationReport): boolean {
  const [only] = findings;
  return findings.length === 1 && only?.verdict === 'skip' && only.remedies.length === 0;
}

function groupLines({ looksAt, findings }: ExaminationReport, said: Set<string>): string[] {
  return [styleText('bold', looksAt), ...findings.flatMap(finding => findingLines(finding, said))];
}

function findingLines(finding: Finding, said: Set<string>): string[] {
  const { verdict, about } = finding;
  const [first = '', ...rest] = finding.said.split('\n').flatMap(line => wrap(line, columns - saidIndent));
  const mark = `  ${styleText(colors[verdict], verdict)}  `;
  const tone = verdict === 'pass' || verdict === 'skip' ? 'dim' : 'reset';
  const indented = (text: string): string => `${' '.repeat(saidIndent)}${styleText(tone, text)}`;
  const head =
    about.length <= aboutWidth
      ? [`${mark}${about.padEnd(aboutWidth)}  ${styleText(tone, first)}`]
      : [`${mark}${about}`, indented(first)];
  return [...head, ...rest.map(indented), ...finding.remedies.flatMap(remedy => remedyLines(remedy, said))];
}

/** A command stands on one line whatever its length, to be copied; advice that was given before is not given again. */
function remedyLines(remedy: Remedy, said: Set<string>): string[] {
  const indent = ' '.repeat(verdictWidth);
  if ('run' in remedy) return [`${indent}${styleText('cyan', `$ ${remedy.run}`)}`];
  if (said.has(remedy.advice)) return [];
  said.add(remedy.advice);
  return wrap(remedy.advice, columns - verdictWidth - 2).map(
    (line, index) => `${indent}${styleText('cyan', `${index === 0 ? '>' : ' '} ${line}`)}`,
  );
}

function leftOutLines(leftOut: readonly ExaminationReport[]): string[] {
  const byReason = Map.groupBy(leftOut, ({ findings }) => findings[0]?.said ?? '');
  if (byReason.size === 0) return [];
  const lines = [...byReason].flatMap(([reason, group]) => {
    const text = `${group.map(({ looksAt }) => looksAt).join(', ')}: ${reason}`;
    return wrap(text, columns - verdictWidth).map((line, index) => {
      const mark = index === 0 ? `  ${styleText(colors.skip, 'skip')}  ` : ' '.repeat(verdictWidth);
      return `${mark}${styleText('dim', line)}`;
    });
  });
  return [styleText('bold', 'not looked at'), ...lines, ''];
}

function summary({ pop, counts }: HostReport): string {
  const part = (verdict: FindingVerdict, text: string): string[] =>
    counts[verdict] === 0 ? [] : [styleText(colors[verdict], text)];
  const warnings = counts.warn === 1 ? '1 warning' : `${counts.warn} warnings`;
  const parts = [
    ...part('fail', `${counts.fail} failed`),
    ...part('warn', warnings),
    ...part('pass', `${counts.pass} passed`),
    ...part('skip', `${counts.skip} skipped`),
  ];
  return `${styleText('bold', pop ?? 'this host')}  ${parts.join(', ')}`;
}

/** Lines of at most `width` columns, broken between words; a longer word has a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
