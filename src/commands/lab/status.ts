/** `anycast lab status`: the lab's nodes, processes and links as they are at this moment. */
import type { LabStatus } from '../../lab/lab-runtime.ts';
import type { CommandKind } from '../command.ts';
import { type LabOptions, labOptions, runningLab } from '../inputs/lab-options.ts';

interface StatusOptions extends LabOptions {
  readonly json?: boolean;
}

export const labStatusCommand: CommandKind = {
  name: 'status',
  define(command, runs) {
    labOptions(command)
      .summary('show nodes, processes and links')
      .option('--json', 'for programs')
      .action(runs(labStatus));
  },
};

async function labStatus(signal: AbortSignal, options: StatusOptions): Promise<undefined> {
  const lab = await runningLab(options, signal);
  const status = await lab.status();
  process.stdout.write(options.json === true ? `${JSON.stringify(status)}\n` : table(status));
  return undefined;
}

function table({ pid, runtime, nodes, links }: LabStatus): string {
  const rows = nodes.map(node => [
    node.name,
    node.role,
    node.state,
    node.addresses[0] ?? '',
    node.processes
      .map(({ name, pid: own, state }) => `${name} ${state}${own === null ? '' : ` (${own})`}`)
      .join(', '),
  ]);
  const cut = links.filter(({ state }) => state === 'down').map(({ name }) => name);
  return [
    `supervisor ${pid}, runtime ${runtime}`,
    ...columns([['NODE', 'ROLE', 'STATE', 'ADDRESS', 'PROCESSES'], ...rows]),
    `${links.length - cut.length} of ${links.length} links are up${cut.length > 0 ? `; cut: ${cut.join(', ')}` : ''}`,
    '',
  ].join('\n');
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)));
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
