import type { IpAddress } from '../ip/address.ts';
import { Fault } from '../system/fault.ts';
import type { CommandKind } from './command.ts';
import { addressOption, numberOption } from './inputs/options.ts';

/** The broken resolver that drills put in the place of a healthy one; see src/lab/stand-in.ts. */
export const standInCommand: CommandKind = {
  name: 'stand-in',
  hidden: true,
  define(command, runs) {
    command
      .summary('answer badly in a resolver’s place (drills only)')
      .requiredOption('--mode <mode>', 'servfail or slow')
      .requiredOption('--listen <address...>', 'addresses to answer on', addressOption, [])
      .requiredOption('--port <number>', 'port to answer on', numberOption)
      .requiredOption('--upstream <address>', 'who really answers', addressOption, [])
      .option('--upstream-port <number>', 'its port', numberOption, 53)
      .action(
        runs(async (signal, options: StandInArguments) => {
          const { runStandIn, standInModes } = await import('../lab/stand-in.ts');
          const mode = standInModes.find(candidate => candidate === options.mode);
          const [upstream] = options.upstream;
          if (!mode || !upstream) throw new Fault('usage', `unknown mode '${options.mode}'`);
          await runStandIn({ ...options, mode, upstream }, () => process.stdout.write('ready\n'), signal);
          return 0;
        }),
      );
  },
};

interface StandInArguments {
  readonly mode: string;
  readonly listen: readonly IpAddress[];
  readonly port: number;
  readonly upstream: readonly IpAddress[];
  readonly upstreamPort: number;
}
