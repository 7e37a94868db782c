/** `anycast drain`: takes this PoP out of service without losing a query, and says when it is done. */
import type { DrainReport } from '../agent/drain.ts';
import type { RecordedEvent } from '../agent/event-log.ts';
import { type CommandKind, type PopOptions, popOptions } from './command.ts';

/** Milliseconds to wait for the end of a drain; it goes on without us. Longer than any sensible drain timeout. */
const doneWithinMs = 120_000;

interface DrainOptions extends PopOptions {
  readonly json?: boolean;
  readonly keepAnswering?: boolean;
  readonly force?: boolean;
}

export const drainCommand: CommandKind = {
  name: 'drain',
  define(command, runs) {
    popOptions(
      command
        .summary('take this PoP out of service')
        .description(
          'Withdraws the announcement, waits until no more queries come, and takes the service address away.\nThe PoP stays drained, restarts included, until anycast undrain.\nRefused when fewer than service.minimumPops others are known to announce.',
        )
        .option('--keep-answering', 'only withdraw: leave the service address and answer whoever still comes')
        .option('--force', 'even when too few other PoPs would be left')
        .option('--json', 'as JSON, when done'),
    ).action(
      runs(async (signal, options: DrainOptions) => {
        const { askAgent } = await import('../agent/agent-client.ts');
        const { ms } = await import('../agent/report-text.ts');
        const say = (text: string): void => {
          if (!options.json) process.stdout.write(`${text}\n`);
        };
        const onEvent = (event: RecordedEvent): void => {
          if (event.kind === 'drain' && event.phase !== 'requested')
            say(
              `  ${event.phase.padEnd(16)}${ms(event.afterMs).padStart(9)}  ${event.detail ?? ''}`.trimEnd(),
            );
        };
        const args = { force: options.force === true };
        const request = { signal, timeoutMs: doneWithinMs, onEvent, args };
        if (options.keepAnswering) {
          await askAgent(options, 'withdraw', request);
          process.stdout.write(
            options.json
              ? `${JSON.stringify({ pop: options.pop, intent: 'withdraw' })}\n`
              : `${options.pop} is withdrawn and still answers; anycast undrain brings it back\n`,
          );
          return undefined;
        }
        say(`${options.pop}: draining`);
        const report = await askAgent<DrainReport>(options, 'drain', request);
        say(`${options.pop} is drained; anycast undrain brings it back`);
        if (options.json)
          process.stdout.write(`${JSON.stringify({ pop: options.pop, intent: 'drain', ...report })}\n`);
        return undefined;
      }),
    );
  },
};
