/** `anycast agent`: watches the resolver of this PoP and announces the service address while it is healthy. */
import { type CommandKind, type PopOptions, popOptions } from './command.ts';

export const agentCommand: CommandKind = {
  name: 'agent',
  define(command, runs) {
    popOptions(
      command
        .summary('announce this PoP while it is healthy')
        .description(
          'Watches the resolver as a client does, decides what this PoP announces, and sees that it is so.\nRuns until SIGTERM or SIGINT: withdraws, waits to see it (a second signal skips the waiting), and ends with 0.',
        ),
    ).action(
      runs(async (stop, options: PopOptions) => {
        const { loadPop } = await import('./inputs/deployment.ts');
        const { createLog } = await import('../telemetry/log.ts');
        const { serviceNotices } = await import('./inputs/service-notices.ts');
        const { runAgent } = await import('../agent/run-agent.ts');
        const skip = new AbortController();
        stop.addEventListener('abort', () => {
          for (const name of ['SIGINT', 'SIGTERM'] as const)
            process.once(name, () => skip.abort(new Error(name)));
        });
        const slice = await loadPop(options);
        const log = createLog('agent', slice.name, slice.config.telemetry.logLevel);
        await using service = serviceNotices(log, stop);
        await runAgent(
          { slice, runDirectory: options.runDir, onReady: () => service.ready('watching the service') },
          { stop, skip: skip.signal },
        );
        return undefined;
      }),
    );
  },
};
