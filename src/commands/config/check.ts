/** `anycast config check`: whether every process of every PoP would start with this file. Nothing is started or changed. */
import { type CommandKind, configOption } from '../command.ts';

export const configCheckCommand: CommandKind = {
  name: 'check',
  define(command, runs) {
    configOption(command)
      .summary('say whether the file would be taken')
      .description('Reads the file as the processes do.\nExit code: 0 it is good; 78 it is refused, and why.')
      .action(runs(configCheck));
  },
};

async function configCheck(_signal: AbortSignal, options: { readonly config: string }): Promise<undefined> {
  const { configHash, configKinds } = await import('../inputs/deployment.ts');
  const { parseConfig, popOf, readConfigText } = await import('../../config/load-config.ts');
  const { forwardZonesOf } = await import('../../resolver/upstreams/upstreams-of.ts');
  const text = await readConfigText(options.config);
  const config = parseConfig(text, options.config, configKinds);
  const pops = Object.keys(config.pops);
  // What a resolver checks by itself, since it depends on the PoP.
  for (const pop of pops) forwardZonesOf(popOf(config, pop));
  process.stdout.write(`${options.config} is good: ${configHash(text)}, for ${pops.join(', ')}\n`);
}
