/** `anycast explain`: why this PoP announces or does not, with the last events. Ends with 0 whenever the agent answered. */
import type { Explanation } from '../agent/agent-report.ts';
import { type CommandKind, type PopOptions, popOptions } from './command.ts';

/** Milliseconds an agent may take for an answer that it has at hand. */
const answerWithinMs = 5000;

export const explainCommand: CommandKind = {
  name: 'explain',
  define(command, runs) {
    popOptions(
      command
        .summary('say why this PoP announces or does not')
        .description(
          'Says why this PoP announces or does not, what the router was seen to do, and how it came to be.',
        )
        .option('--json', 'as JSON, with all events kept'),
    ).action(
      runs(async (signal, options: PopOptions & { json?: boolean }) => {
        const { askAgent } = await import('../agent/agent-client.ts');
        const { explanationText } = await import('../agent/report-text.ts');
        const explanation = await askAgent<Explanation>(options, 'explain', {
          signal,
          timeoutMs: answerWithinMs,
        });
        process.stdout.write(
          options.json ? `${JSON.stringify(explanation)}\n` : explanationText(explanation),
        );
        return undefined;
      }),
    );
  },
};
