/**
 * `anycast status`: how this PoP stands, as its agent sees it.
 *
 * Ends with 0 while the PoP does what it should: it announces, or an operator took it out. Ends with 1 when it should
 * announce and is not seen to, or should not and is seen to, and with 69 when no agent answers.
 */
import type { AgentReport } from '../agent/agent-report.ts';
import { exitCodes } from '../system/fault.ts';
import { type CommandKind, type PopOptions, popOptions } from './command.ts';

/** Milliseconds an agent may take for an answer that it has at hand. */
const answerWithinMs = 5000;

export const statusCommand: CommandKind = {
  name: 'status',
  define(command, runs) {
    popOptions(
      command
        .summary('show whether this PoP announces, and its checks')
        .description(
          'Shows decision, router and checks of this PoP.\nExit code: 0 announcing, or taken out by an operator; 1 not announcing though it should, or still announcing though taken out; 69 no agent.',
        )
        .option('--json', 'as JSON'),
    ).action(
      runs(async (signal, options: PopOptions & { json?: boolean }) => {
        const { askAgent } = await import('../agent/agent-client.ts');
        const { isWell, statusText } = await import('../agent/report-text.ts');
        const report = await askAgent<AgentReport>(options, 'status', {
          signal,
          timeoutMs: answerWithinMs,
        });
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : statusText(report));
        return isWell(report) ? exitCodes.done : exitCodes.fault;
      }),
    );
  },
};
