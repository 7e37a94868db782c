/** `anycast undrain`: brings this PoP back into service. Ends with 1 when the PoP is not fit to announce. */
import type { UndrainReport } from '../agent/operations.ts';
import { exitCodes } from '../system/fault.ts';
import { type CommandKind, type PopOptions, popOptions } from './command.ts';

/** Milliseconds to wait; the agent reports how things stand well before. */
const doneWithinMs = 30_000;

export const undrainCommand: CommandKind = {
  name: 'undrain',
  define(command, runs) {
    popOptions(
      command
        .summary('bring this PoP back into service')
        .description(
          'Puts the service address back, probes it, and announces it when all checks are up.\nExit code: 0 announced, 1 not announced: the reason is shown, and the agent goes on trying.',
        )
        .option('--json', 'as JSON'),
    ).action(
      runs(async (signal, options: PopOptions & { json?: boolean }) => {
        const { askAgent } = await import('../agent/agent-client.ts');
        const { ms } = await import('../agent/report-text.ts');
        const report = await askAgent<UndrainReport>(options, 'undrain', { signal, timeoutMs: doneWithinMs });
        process.stdout.write(
          options.json
            ? `${JSON.stringify({ pop: options.pop, ...report })}\n`
            : `${options.pop}: ${report.reason} (${ms(report.afterMs)} after the request)\n`,
        );
        return report.announced ? exitCodes.done : exitCodes.fault;
      }),
    );
  },
};
