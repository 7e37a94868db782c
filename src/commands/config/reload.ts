/**
 * `anycast config reload`: the running resolver of this PoP reads its file again and takes it over between two queries.
 *
 * Only the resolver: agent and sidecar read the file when they start and hold what they have read, which the verb says.
 */
import { join } from 'node:path';
import type { ReloadReport } from '../../resolver/reload/reload-text.ts';
import { type CommandKind, type PopOptions, popOptions } from '../command.ts';

/** Milliseconds: reading and checking takes a few, policies may read large files. */
const doneWithinMs = 60_000;

interface ReloadOptions extends PopOptions {
  readonly json?: boolean;
}

export const configReloadCommand: CommandKind = {
  name: 'reload',
  define(command, runs) {
    popOptions(
      command
        .summary("have this PoP's resolver take the changed file over")
        .description(
          'The resolver reads the file that it was started with, checks it whole, and takes it over without losing a query.\nExit code: 0 taken over; 78 refused, nothing has changed; 69 no resolver runs.',
        )
        .option('--json', 'as JSON'),
    ).action(runs(configReload));
  },
};

async function configReload(signal: AbortSignal, options: ReloadOptions): Promise<undefined> {
  const { askControl } = await import('../../system/control-socket.ts');
  const { reloadText } = await import('../../resolver/reload/reload-text.ts');
  const within = AbortSignal.any([signal, AbortSignal.timeout(doneWithinMs)]);
  const path = join(options.runDir, 'resolver.sock');
  const report = (await askControl(path, 'reload', { pop: options.pop }, within)) as ReloadReport;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ pop: options.pop, process: 'resolver', ...report })}\n`);
    return;
  }
  const lines = [
    `${options.pop}: the resolver was told`,
    ...reloadText(report).map(line => `  ${line}`),
    'agent and sidecar were not: what they read of the file, they take over at a restart',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
