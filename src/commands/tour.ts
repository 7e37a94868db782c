/** `anycast tour`: the lab from nothing to a failover that one can watch, in half a minute. What `npm start` runs. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import { exitCodes, Fault } from '../system/fault.ts';
import { type CommandKind, configOption } from './command.ts';
import { type LabOptions, labOptions } from './inputs/lab-options.ts';

interface TourOptions extends LabOptions {
  readonly config: string;
}

const topology = 'three-continents';
const drillName = 'resolver-killed';
/** Milliseconds for the lab to come up on a slow machine. */
const timeoutMs = 60_000;
/** Queries per second and client. */
const rate = 500;

export const tourCommand: CommandKind = {
  name: 'tour',
  define(command, runs) {
    labOptions(configOption(command))
      .summary('bring the lab up, break a PoP, watch its clients move')
      .description('Leaves the lab running. Uses the lab that runs already, if one does.')
      .action(runs(tour));
  },
};

async function tour(signal: AbortSignal, options: TourOptions): Promise<number> {
  const { loadDeployment } = await import('./inputs/deployment.ts');
  const { runtimeOfKind } = await import('../lab/runtimes.ts');
  const { bringUpLab } = await import('./inputs/lab-up.ts');
  const { measureCatchment } = await import('../lab/catchment.ts');
  const { formatCatchment } = await import('../lab/report/catchment-table.ts');
  const { formatDrillReport } = await import('../lab/report/drill-report.ts');
  const { drillOfName } = await import('../lab/drills.ts');
  const { runDrill } = await import('../lab/drill-runner.ts');
  const { systemClock: clock } = await import('../system/clock.ts');
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const config = await loadDeployment(options.config);
  const { name: pop, address } = victim(config);

  say(`1. A small Internet with ${Object.keys(config.pops).length} PoPs that share ${address}\n`);
  const { config: configPath } = options;
  const up = { topology, config, configPath, options, timeoutMs, stream: process.stdout, signal };
  const lab = (await runtimeOfKind(options.runtime).attach(options.lab, signal)) ?? (await bringUpLab(up));
  say('\n2. Which PoP answers each client: the nearest one, because BGP says so\n');
  say(formatCatchment(await measureCatchment(lab, config, signal)));
  say(`\n3. The resolver of ${pop} is killed while its clients ask ${rate} times a second\n`);
  const parts = { lab, config, clock, signal, onProgress: () => undefined };
  say(formatDrillReport(await runDrill(drillOfName(drillName), { pop, rate }, parts)));
  say(`
The lab is running. Three commands to try next:
  ./anycast lab exec client-eu -- dig +nsid www.plain.test @${address}
  ./anycast drill planned-drain
  ./anycast lab down`);
  return exitCodes.done;
}

/** The first PoP of the configuration, and the address it shares. */
function victim({ pops, service }: AnycastConfig): { name: string; address: string } {
  const [name] = Object.keys(pops);
  const [address] = service.addresses;
  if (name === undefined || !address) throw new Fault('usage', 'the configuration has no PoP to break');
  return { name, address: address.text };
}
