/** What `anycast render` says: the files themselves, or which were written and what to do with them. */
import type { NextSteps } from './render-pop.ts';
import type { RenderedFile } from './rendering.ts';
import type { WrittenFiles } from './write-files.ts';

export function filesAsText(files: readonly RenderedFile[]): string {
  return files
    .map(({ path, text, mode }) => `# ==== ${path} (mode ${mode.toString(8).padStart(4, '0')})\n${text}`)
    .join('\n');
}

export function writtenAsText(
  out: string,
  { written, unchanged }: WrittenFiles,
  next: readonly NextSteps[],
): string {
  const same = unchanged.length === 0 ? '' : `, ${unchanged.length} are as they were`;
  return [
    `${written.length} files written to ${out}${same}`,
    ...written.map(path => `  ${path}`),
    '',
    'What to do with them, as root; of systemd, container and kubernetes one:',
    ...next.flatMap(({ kind, summary, steps }) => [
      '',
      `${kind}: ${summary}`,
      ...steps.map(step => `  ${step}`),
    ]),
    '',
  ].join('\n');
}
