/** The text of a systemd unit: sections of settings, each group of settings under the comment that gives its reason. */

export type UnitSetting = readonly [name: string, value: string];

/** Settings that belong together, and why they are so. */
export interface UnitGroup {
  readonly why?: string;
  readonly settings: readonly UnitSetting[];
}

export interface UnitSection {
  readonly name: 'Unit' | 'Service' | 'Install';
  readonly groups: readonly UnitGroup[];
}

export function unitText(header: string, sections: readonly UnitSection[]): string {
  const text = sections.map(({ name, groups }) => `[${name}]\n${groups.map(groupText).join('\n')}`);
  return [`${comment(header)}`, ...text].join('\n');
}

function groupText({ why, settings }: UnitGroup): string {
  return `${why === undefined ? '' : comment(why)}${settings.map(([name, value]) => `${name}=${value}\n`).join('')}`;
}

/** systemd takes a comment only on a line of its own. */
function comment(text: string): string {
  return text
    .split('\n')
    .map(line => `# ${line}\n`)
    .join('');
}
