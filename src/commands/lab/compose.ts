/** `anycast lab compose`: the lab as a Docker Compose file. */
import { type CommandKind, configOption } from '../command.ts';

export const labComposeCommand: CommandKind = {
  name: 'compose',
  define(command, runs) {
    configOption(command)
      .summary('print the lab as docker-compose.yml')
      .argument('[topology]', 'which topology', 'three-continents')
      .action(
        runs(async (_signal, topology: string, options: { readonly config: string }) => {
          const { containerPlan } = await import('../inputs/container-plan.ts');
          const { renderCompose } = await import('../../lab/compose/render-compose.ts');
          process.stdout.write(renderCompose(await containerPlan(topology, options.config)));
          return 0;
        }),
      );
  },
};
