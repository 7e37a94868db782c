import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadDeployment } from '../../src/commands/inputs/deployment.ts';
import { graph, graphFormatNamed } from '../../src/lab/graph.ts';
import { threeContinents } from '../../src/lab/topologies/three-continents.ts';
import { wire } from '../../src/lab/wiring.ts';
import { Fault } from '../../src/system/fault.ts';

const config = await loadDeployment('anycast.yaml');

describe('a graph', () => {
  it('has every node once and every link once, as mermaid and as dot', () => {
    const links = wire(threeContinents);
    const nodes = new Set(links.flatMap(({ near, far }) => [near.node, far.node]));
    const mermaid = graph(threeContinents, config, 'mermaid');
    const dot = graph(threeContinents, config, 'dot');
    for (const name of nodes) {
      assert.equal(mermaid.match(new RegExp(`^  ${name}[[(]`, 'gm'))?.length, 1, name);
      assert.equal(dot.match(new RegExp(`^  "${name}" \\[`, 'gm'))?.length, 1, name);
    }
    assert.equal(mermaid.match(/^ {2}\S+ (===|---|-->|-\.-) \S+$/gm)?.length, links.length);
    assert.equal(dot.match(/ -> /g)?.length, links.length);
  });

  it('names the known formats when asked for another', () => {
    assert.throws(
      () => graphFormatNamed('svg'),
      (error: unknown) => error instanceof Fault && /mermaid, dot/.test(error.hint ?? ''),
    );
  });
});
