/** Bringing up the lab that the command line describes, showing how far it is. */
import type { AnycastConfig } from '../../config/anycast-config.ts';
import type { Lab } from '../../lab/lab-runtime.ts';
import { makePlan } from '../../lab/make-plan.ts';
import { progressPrinter } from '../../lab/progress.ts';
import { runtimeOfKind } from '../../lab/runtimes.ts';
import { topologyNamed } from '../../lab/topologies.ts';
import type { LabOptions } from './lab-options.ts';

export interface UpRequest {
  readonly topology: string;
  readonly config: AnycastConfig;
  /** Where `config` was read from: the PoPs' processes read it again. */
  readonly configPath: string;
  readonly options: LabOptions;
  readonly timeoutMs: number;
  /** Where progress is shown. */
  readonly stream: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

export async function bringUpLab(request: UpRequest): Promise<Lab> {
  const { topology, config, configPath, options, timeoutMs, stream, signal } = request;
  const runtime = runtimeOfKind(options.runtime);
  const plan = makePlan(topologyNamed(topology), config, await runtime.settings(configPath));
  return await runtime.up(plan, {
    name: options.lab,
    timeoutMs,
    signal,
    onProgress: progressPrinter(stream),
  });
}
