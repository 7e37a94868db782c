/** `anycast render`: everything a production PoP needs, from the anycast.yaml that was drilled. */
import { Fault } from '../system/fault.ts';
import { type CommandKind, configOption } from './command.ts';

export const renderCommand: CommandKind = {
  name: 'render',
  define(command, runs) {
    configOption(command)
      .summary('write what a production PoP needs: units, containers, manifests')
      .description(
        'Makes files for a PoP from anycast.yaml: config, router, sysctl, systemd, container, kubernetes.\nFiles with BGP passwords are for their owner alone, and are masked on the screen.',
      )
      .requiredOption('-p, --pop <name>', 'which PoP', process.env.ANYCAST_POP)
      .option('--out <dir>', 'folder to write to, one folder per kind in it (default: anycast-POP)')
      .option('--only <kind...>', 'these kinds and no others')
      .option('--stdout', 'print them and write nothing')
      .option('--show-secrets', 'print passwords too')
      .option('--force', 'overwrite files that differ')
      .option('--prefix <dir>', 'where the kit is installed on the host', '/opt/anycast')
      .option('--image <name>', 'the container image', 'anycast-dns-kit')
      .action(runs(render));
  },
};

interface RenderArguments {
  readonly config: string;
  readonly pop: string;
  readonly out?: string;
  readonly only?: readonly string[];
  readonly stdout?: boolean;
  readonly showSecrets?: boolean;
  readonly force?: boolean;
  readonly prefix: string;
  readonly image: string;
}

async function render(_signal: AbortSignal, options: RenderArguments): Promise<undefined> {
  const { readFile } = await import('node:fs/promises');
  const { popOf } = await import('../config/load-config.ts');
  const { loadDeployment } = await import('./inputs/deployment.ts');
  const { deploymentFile } = await import('../rendering/deployment-file.ts');
  const { renderPop } = await import('../rendering/render-pop.ts');
  const { renderingsNamed } = await import('../rendering/renderings.ts');
  const { filesAsText, writtenAsText } = await import('../rendering/rendered-text.ts');
  const { writeFiles } = await import('../rendering/write-files.ts');
  const contradiction = contradictionIn(options);
  if (contradiction) throw contradiction;
  const kinds = renderingsNamed(options.only ?? []);
  const slice = popOf(await loadDeployment(options.config), options.pop);
  const { prefix, image, out = `anycast-${slice.name}` } = options;
  const configText = deploymentFile(await readFile(options.config, 'utf8'));
  const showsSecrets = !options.stdout || options.showSecrets === true;
  const rendered = await renderPop(kinds, slice, {
    settings: { configText, prefix, image, out },
    showsSecrets,
  });
  if (options.stdout) {
    process.stdout.write(filesAsText(rendered.files));
    return;
  }
  const result = await writeFiles(out, rendered.files, { force: options.force === true });
  process.stdout.write(writtenAsText(out, result, rendered.next));
}

function contradictionIn({ stdout, out, force, showSecrets }: RenderArguments): Fault | undefined {
  if (stdout && (out !== undefined || force))
    return new Fault('usage', '--stdout writes nothing: leave out --out and --force');
  if (showSecrets && !stdout)
    return new Fault('usage', '--show-secrets is for --stdout: files have their passwords always');
  return undefined;
}
