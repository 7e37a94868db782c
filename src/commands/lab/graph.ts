/** `anycast lab graph`: draws a topology, as text for mermaid or graphviz. Needs no running lab. */
import { type CommandKind, configOption } from '../command.ts';

interface GraphOptions {
  readonly format: string;
  readonly config: string;
}

export const labGraphCommand: CommandKind = {
  name: 'graph',
  define(command, runs) {
    configOption(command)
      .summary('draw a topology')
      .argument('[topology]', 'what to draw', 'three-continents')
      .option('-f, --format <format>', 'mermaid or dot', 'mermaid')
      .action(runs(labGraph));
  },
};

async function labGraph(
  _signal: AbortSignal,
  topologyName: string,
  options: GraphOptions,
): Promise<undefined> {
  const { loadDeployment } = await import('../inputs/deployment.ts');
  const { graph, graphFormatNamed } = await import('../../lab/graph.ts');
  const { topologyNamed } = await import('../../lab/topologies.ts');
  const format = graphFormatNamed(options.format);
  process.stdout.write(graph(topologyNamed(topologyName), await loadDeployment(options.config), format));
  return undefined;
}
