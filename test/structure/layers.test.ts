import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sources } from './sources.ts';

const below = ['ip', 'dns', 'system', 'telemetry', 'config'];

/** Who may import whom, folder by folder; ARCHITECTURE.md shows the same table with the reasons. */
const layers: Readonly<Record<string, readonly string[]>> = {
  ip: [],
  dns: ['ip'],
  system: [],
  telemetry: ['ip', 'dns', 'system'],
  config: ['ip', 'dns', 'system'],
  health: below,
  routing: below,
  resolver: below,
  agent: [...below, 'health', 'routing'],
  sidecar: [...below, 'routing'],
  rendering: [...below, 'routing', 'sidecar'],
  lab: below,
  doctor: [...below, 'routing'],
  commands: [...below, 'health', 'routing', 'resolver', 'agent', 'sidecar', 'rendering', 'lab', 'doctor'],
  'main.ts': ['commands', 'system'],
};

/** What comes from outside, and the folders that may use it. Each package has one home or a reason for more. */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['routing'],
  '@grpc/proto-loader': ['routing'],
  commander: ['commands', 'main.ts'],
  dns2: ['health'],
  execa: ['system'],
  koffi: ['system'],
  // Types only: what a manifest is checked against when it is written.
  'kubernetes-models/apps/v1': ['rendering'],
  'kubernetes-models/v1': ['rendering'],
  pino: ['telemetry'],
  'prom-client': ['telemetry', 'resolver', 'agent'],
  yaml: ['config', 'rendering', 'lab'],
  // Each kind of check owns the schema of its own keys; an agent takes no other PoP's report on trust.
  zod: ['config', 'health', 'agent'],
};

/** Folders that must stay pure: no operating system, no clock. */
const pure = ['ip', 'dns'];

describe('import layers', () => {
  it('have a row for every folder of src', () => {
    assert.deepEqual([...new Set(sources.map(source => source.area))].sort(), Object.keys(layers).sort());
  });

  it('are kept by every file', () => {
    const forbidden = sources.flatMap(source =>
      source.imports
        .filter(({ target }) => target !== undefined)
        .map(({ target = '' }) => ({ target, area: target.split('/')[1] ?? '' }))
        .filter(({ area }) => area !== source.area && !layers[source.area]?.includes(area))
        .map(({ target }) => `${source.path} -> ${target}`),
    );
    assert.deepEqual(forbidden, []);
  });

  it('let each package in at its own folder only', () => {
    const forbidden = sources.flatMap(source =>
      source.imports
        .filter(({ target, specifier }) => target === undefined && !specifier.startsWith('node:'))
        .filter(({ specifier }) => !packages[specifier]?.includes(source.area))
        .map(({ specifier }) => `${source.path} -> ${specifier}`),
    );
    assert.deepEqual(forbidden, []);
  });

  it('keep the pure folders free of Node and of time', () => {
    const impure = sources
      .filter(source => pure.includes(source.area))
      .filter(
        source =>
          source.imports.some(({ specifier }) => specifier.startsWith('node:')) ||
          /\b(?:Date\.now|performance\.now|new Date\(\)|Math\.random|process\.|Buffer\.)/.test(source.text),
      )
      .map(source => source.path);
    assert.deepEqual(impure, []);
  });

  it('form no cycle between files at run time', () => {
    assert.deepEqual(cycles(), []);
  });
});

/** Each cycle of run-time imports, as `a -> b -> a`. */
function cycles(): string[] {
  const edges = new Map(
    sources.map(source => [
      source.path,
      source.imports.flatMap(({ target, typeOnly }) => (target === undefined || typeOnly ? [] : [target])),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}
