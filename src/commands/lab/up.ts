/** `anycast lab up`: builds the lab and returns when every client has answers; the lab runs on in the background. */
import type { CommandKind } from '../command.ts';
import { type LabOptions, labOptions } from '../inputs/lab-options.ts';
import { durationOption } from '../inputs/options.ts';

interface UpOptions extends LabOptions {
  readonly config: string;
  readonly timeout: number;
}

/** Milliseconds; a busy machine of one core needs about a third of it. */
const defaultTimeoutMs = 60_000;

export const labUpCommand: CommandKind = {
  name: 'up',
  define(command, runs) {
    labOptions(command)
      .summary('build the lab and wait until every client has answers')
      .description(
        'Builds networks, nameservers, clients and the PoPs of the configuration on this machine, apart from its own network, and returns when BGP has converged and every client has answers. The lab then runs on in the background.',
      )
      .argument('[topology]', 'what to build', 'three-continents')
      .option('-c, --config <file>', 'the deployment', process.env.ANYCAST_CONFIG ?? 'anycast.yaml')
      .option('--timeout <duration>', 'how long it may take', durationOption, defaultTimeoutMs)
      .action(runs(labUp));
  },
};

async function labUp(signal: AbortSignal, topologyName: string, options: UpOptions): Promise<undefined> {
  const [{ loadDeployment }, { makePlan }, { progressPrinter }, { runtimeOfKind }, lab] = await Promise.all([
    import('../inputs/deployment.ts'),
    import('../../lab/make-plan.ts'),
    import('../../lab/progress.ts'),
    import('../../lab/runtimes.ts'),
    import('../../lab/topologies.ts'),
  ]);
  const { systemClock } = await import('../../system/clock.ts');
  const begun = systemClock.monotonicMs();
  const topology = lab.topologyNamed(topologyName);
  const config = await loadDeployment(options.config);
  const runtime = runtimeOfKind(options.runtime);
  const plan = makePlan(topology, config, await runtime.settings(options.config));
  await runtime.up(plan, {
    name: options.lab,
    timeoutMs: options.timeout,
    signal,
    onProgress: progressPrinter(process.stderr),
  });
  const seconds = ((systemClock.monotonicMs() - begun) / 1000).toFixed(1);
  process.stdout.write(`the lab '${options.lab}' (${topology.name}) is up after ${seconds} s\n`);
  return undefined;
}
