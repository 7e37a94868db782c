/** `anycast lab up`: builds the lab and returns when every client has answers; the lab runs on in the background. */
import { type CommandKind, configOption } from '../command.ts';
import { type LabOptions, labOptions } from '../inputs/lab-options.ts';
import { durationOption } from '../inputs/options.ts';

interface UpOptions extends LabOptions {
  readonly config: string;
  readonly timeout: number;
}

export const labUpCommand: CommandKind = {
  name: 'up',
  define(command, runs) {
    labOptions(configOption(command))
      .summary('build the lab and wait until every client has answers')
      .description(
        'Builds networks, nameservers, clients and the PoPs of the configuration on this machine, apart from its own network, and returns when BGP has converged and every client has answers. The lab then runs on in the background.',
      )
      .argument('[topology]', 'what to build', 'three-continents')
      .option('--timeout <duration>', 'how long it may take', durationOption, 60_000)
      .action(runs(labUp));
  },
};

async function labUp(signal: AbortSignal, topology: string, options: UpOptions): Promise<undefined> {
  const { loadDeployment } = await import('../inputs/deployment.ts');
  const { bringUpLab } = await import('../inputs/lab-up.ts');
  const { systemClock } = await import('../../system/clock.ts');
  const begunMs = systemClock.monotonicMs();
  const { config: configPath, timeout: timeoutMs } = options;
  const config = await loadDeployment(configPath);
  const stream = process.stderr;
  await bringUpLab({ topology, config, configPath, options, timeoutMs, stream, signal });
  const seconds = ((systemClock.monotonicMs() - begunMs) / 1000).toFixed(1);
  process.stdout.write(`the lab '${options.lab}' (${topology}) is up after ${seconds} s\n`);
  return undefined;
}
