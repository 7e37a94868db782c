import { type CommandKind, configOption } from './command.ts';
import { type LabOptions, labOptions, runningLab } from './inputs/lab-options.ts';

/** Which PoP answers each client network. */
export const catchmentCommand: CommandKind = {
  name: 'catchment',
  define(command, runs) {
    labOptions(configOption(command))
      .summary('which PoP answers each client, over IPv4 and IPv6')
      .option('--json', 'machine-readable')
      .action(
        runs(async (signal, options: CatchmentArguments) => {
          const { loadDeployment } = await import('./inputs/deployment.ts');
          const { measureCatchment } = await import('../lab/catchment.ts');
          const { formatCatchment } = await import('../lab/report/catchment-table.ts');
          const config = await loadDeployment(options.config);
          const clients = await measureCatchment(await runningLab(options, signal), config, signal);
          process.stdout.write(`${options.json ? JSON.stringify({ clients }) : formatCatchment(clients)}\n`);
          return 0;
        }),
      );
  },
};

interface CatchmentArguments extends LabOptions {
  readonly config: string;
  readonly json?: boolean;
}
