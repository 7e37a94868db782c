/** Draws a topology: networks as boxes by role, providers above customers, peers side by side, PoPs and hosts below. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import { suggestion } from '../config/nearest.ts';
import { Fault } from '../system/fault.ts';
import type { Topology } from './topology.ts';
import { checkTopology } from './topology-rules.ts';
import { blockOf, type Link, wire } from './wiring.ts';

interface Box {
  readonly id: string;
  readonly kind: 'network' | 'pop' | 'client' | 'nameserver';
  /** Lines of text. */
  readonly label: readonly string[];
}

type Draw = (title: string, boxes: readonly Box[], links: readonly Link[]) => string[];

const formats = { mermaid, dot } satisfies Record<string, Draw>;

export type GraphFormat = keyof typeof formats;

/** @throws Fault `usage` when there is none of that name. */
export function graphFormatNamed(name: string): GraphFormat {
  if (Object.hasOwn(formats, name)) return name as GraphFormat;
  throw new Fault('usage', `there is no graph format '${name}'`, {
    hint: suggestion(name, Object.keys(formats)),
  });
}

/** @throws Fault `config-invalid` when the topology does not fit the configuration. */
export function graph(topology: Topology, config: AnycastConfig, format: GraphFormat): string {
  checkTopology(topology, config);
  const links = wire(topology);
  return `${formats[format](topology.name, boxes(topology, config, links), links).join('\n')}\n`;
}

function boxes(topology: Topology, { service }: AnycastConfig, links: readonly Link[]): Box[] {
  const addressOf = (name: string): string => links.find(({ far }) => far.node === name)?.far.v4.text ?? '';
  const host = (kind: Box['kind'], name: string, ...rest: readonly string[]): Box => ({
    id: name,
    kind,
    label: [name, addressOf(name), ...rest],
  });
  return [
    ...Object.entries(topology.networks).map(([id, network]) => ({
      id,
      kind: 'network' as const,
      label: [id, `AS${network.asn} ${network.role}`, blockOf(network).v4.text],
    })),
    ...Object.keys(topology.pops).map(name =>
      host('pop', name, `AS${service.asn}`, ...service.addresses.map(({ text }) => text)),
    ),
    ...Object.entries(topology.nameservers).map(([name, { zones }]) => host('nameserver', name, ...zones)),
    ...Object.keys(topology.clients).map(name => host('client', name)),
  ];
}

/** https://mermaid.js.org/syntax/flowchart.html */
function mermaid(title: string, all: readonly Box[], links: readonly Link[]): string[] {
  const open = { network: '["', pop: '(["', client: '("', nameserver: '[("' };
  const close = { network: '"]', pop: '"])', client: '")', nameserver: '")]' };
  const arrow = { pop: '===', host: '---', customer: '-->', peer: '-.-' };
  return [
    `---\ntitle: ${title}\n---`,
    'flowchart TB',
    ...all.map(({ id, kind, label }) => `  ${id}${open[kind]}${label.join('<br>')}${close[kind]}`),
    ...links.map(({ near, far, kind }) => `  ${near.node} ${arrow[kind]} ${far.node}`),
    '  classDef pop stroke-width:3px',
    `  class ${all
      .filter(({ kind }) => kind === 'pop')
      .map(({ id }) => id)
      .join(',')} pop`,
  ];
}

/** https://graphviz.org/doc/info/lang.html */
function dot(title: string, all: readonly Box[], links: readonly Link[]): string[] {
  const shape = { network: 'box', pop: 'doubleoctagon', client: 'ellipse', nameserver: 'cylinder' };
  const style = {
    pop: 'penwidth=2, dir=none',
    host: 'dir=none',
    customer: 'dir=forward',
    peer: 'style=dashed, dir=none, constraint=false',
  };
  return [
    `digraph "${title}" {`,
    '  rankdir=TB;',
    ...all.map(({ id, kind, label }) => `  "${id}" [shape=${shape[kind]}, label="${label.join('\\n')}"];`),
    ...links.map(({ near, far, kind }) => `  "${near.node}" -> "${far.node}" [${style[kind]}];`),
    '}',
  ];
}
