/** The catchment: asks the service address from every client network and notes which PoP answered, and how fast. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import { kitCommand } from './kit-command.ts';
import type { Lab } from './lab-runtime.ts';
import { type Catchment, catchmentOfTracks, tracksOf } from './prober/analysis.ts';
import { parseSample, type Sample } from './prober/sample.ts';

/** Ten queries, shared by the families: enough for a median that the first query's neighbour discovery does not spoil. */
const pace = ['--rate', '100', '--duration', '100ms', '--patience', '1s'];

export async function measureCatchment(
  lab: Lab,
  config: AnycastConfig,
  signal: AbortSignal,
): Promise<Catchment> {
  const targets = config.service.addresses.flatMap(address => ['--target', address.text]);
  const clients = lab.plan.nodes.filter(node => node.role === 'client');
  const samples = clients.map(async ({ name }): Promise<[string, Sample[]]> => {
    const { stdout } = await lab.exec(name, kitCommand(lab.plan, 'probe', ...targets, ...pace), { signal });
    return [name, stdout.split('\n').flatMap(line => parseSample(line) ?? [])];
  });
  return catchmentOfTracks(tracksOf(new Map(await Promise.all(samples))));
}
