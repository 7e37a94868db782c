/** `anycast sidecar`: the PoP's router, started and guarded until SIGTERM. */
import type { CommandKind, PopOptions } from './command.ts';
import { popOptions } from './command.ts';

export const sidecarCommand: CommandKind = {
  name: 'sidecar',
  define(command, runs) {
    popOptions(command)
      .summary("run the PoP's router until told to stop")
      .description(
        'Makes the configuration of BIRD or GoBGP from anycast.yaml, starts it with nothing announced but the fallback prefix, and ends with it.\nHolds the lease of the agent: when that is killed or frozen, its routes are withdrawn or held as `lease` in anycast.yaml says.',
      )
      .action(runs(sidecar));
  },
};

async function sidecar(signal: AbortSignal, options: PopOptions): Promise<undefined> {
  const { loadPop } = await import('./inputs/deployment.ts');
  const { createLog } = await import('../telemetry/log.ts');
  const { serviceNotices } = await import('./inputs/service-notices.ts');
  const { runSidecar } = await import('../sidecar/sidecar.ts');
  const slice = await loadPop(options);
  const log = createLog('sidecar', slice.name, slice.config.telemetry.logLevel);
  await using service = serviceNotices(log, signal);
  await runSidecar(slice, {
    runDirectory: options.runDir,
    log,
    signal,
    onReady: () => service.ready('the router runs'),
  });
}
