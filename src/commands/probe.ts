import type { Readable } from 'node:stream';
import { Fault } from '../system/fault.ts';
import { onLines } from '../system/lines.ts';
import type { CommandKind } from './command.ts';
import { addressOption, durationOption, numberOption } from './inputs/options.ts';

/** Asks an anycast address at a fixed rate, and prints one line per query: who answered, and when. */
export const probeCommand: CommandKind = {
  name: 'probe',
  define(command, runs) {
    command
      .summary('ask an address at a fixed rate and note who answers')
      .description(
        'Prints one JSON line per query: [family, sent, answered, rcode, pop, refused], times in monotonic ms.',
      )
      .option('--target <address...>', 'address to ask; the rate is shared', addressOption, [])
      .option('--port <number>', 'its port', numberOption, 53)
      .option('--rate <number>', 'queries per second', numberOption, 500)
      .option('--duration <time>', 'how long to ask', durationOption, 10_000)
      .option('--patience <time>', 'how long to wait for each answer', durationOption, 1000)
      .option('--until-stdin-ends', 'stop when standard input ends; a line of it is another rate', false)
      .option('--zone <name>', 'zone whose wildcard answers', 'probe.test')
      .action(
        runs(async (signal, options: ProbeArguments) => {
          if (options.target.length === 0) throw new Fault('usage', 'name what to ask with --target ADDRESS');
          const { probe: run } = await import('../lab/prober/prober.ts');
          const { formatSample } = await import('../lab/prober/sample.ts');
          const { systemClock } = await import('../system/clock.ts');
          const { batchedOutput } = await import('../system/batched-output.ts');
          const output = batchedOutput();
          const input = options.untilStdinEnds ? steeredBy(process.stdin) : undefined;
          await run(
            {
              targets: options.target,
              port: options.port,
              rate: () => input?.rate() ?? options.rate,
              durationMs: options.duration,
              patienceMs: options.patience,
              zone: options.zone,
            },
            {
              signal: input ? AbortSignal.any([signal, input.ended]) : signal,
              clock: systemClock,
              onSample: sample => output.write(`${formatSample(sample)}\n`),
            },
          );
          output.end();
          return 0;
        }),
      );
  },
};

/** What whoever started us has to say: the rate of the last line, and the end when they close our input or are gone. */
function steeredBy(input: Readable): { readonly ended: AbortSignal; rate(): number | undefined } {
  const ended = new AbortController();
  let rate: number | undefined;
  onLines(input, line => {
    const number = Number(line);
    if (number > 0) rate = number;
  });
  input.once('end', () => ended.abort());
  return { ended: ended.signal, rate: () => rate };
}

interface ProbeArguments {
  readonly target: ReturnType<typeof addressOption>;
  readonly port: number;
  readonly rate: number;
  readonly duration: number;
  readonly patience: number;
  readonly untilStdinEnds: boolean;
  readonly zone: string;
}
