/**
 * What a reload cannot change: sockets are bound once. A running resolver goes on with its own values of these keys, and
 * says which of them the file gives otherwise.
 */
import type { PopSlice } from '../../config/anycast-config.ts';

interface RestartKey {
  /** As it is written in anycast.yaml. */
  key(slice: PopSlice): string;
  read(slice: PopSlice): unknown;
  /** `slice` with the value of `from`. */
  keep(slice: PopSlice, from: PopSlice): PopSlice;
}

const restartKeys: readonly RestartKey[] = [
  {
    key: () => 'service.addresses',
    read: ({ config }) => config.service.addresses.map(({ text }) => text),
    keep: (slice, from) => {
      const { addresses } = from.config.service;
      return withConfig(slice, { service: { ...slice.config.service, addresses } });
    },
  },
  {
    key: ({ name }) => `pops.${name}.management`,
    read: ({ pop }) => pop.management.map(({ text }) => text),
    keep: (slice, from) => {
      const pop = { ...slice.pop, management: from.pop.management };
      return { ...withConfig(slice, { pops: { ...slice.config.pops, [slice.name]: pop } }), pop };
    },
  },
  resolverKey('port'),
  resolverKey('threads'),
  resolverKey('workers'),
  resolverKey('transports'),
  {
    key: () => 'telemetry.resolverPort',
    read: ({ config }) => config.telemetry.resolverPort,
    keep: (slice, from) => {
      const { resolverPort } = from.config.telemetry;
      return withConfig(slice, { telemetry: { ...slice.config.telemetry, resolverPort } });
    },
  },
];

/** The configuration to go on with, and the keys of which `running` keeps its values. */
export function withoutRestart(
  next: PopSlice,
  running: PopSlice,
): { slice: PopSlice; needsRestart: readonly string[] } {
  const differing = restartKeys.filter(({ read }) => !isSame(read(next), read(running)));
  return {
    slice: differing.reduce((slice, { keep }) => keep(slice, running), next),
    needsRestart: differing.map(({ key }) => key(next)),
  };
}

/** The keys of `resolver` whose values differ, and those outside it that the resolver looks at. */
export function changedKeys(before: PopSlice, after: PopSlice): string[] {
  const was: Readonly<Record<string, unknown>> = before.config.resolver;
  const is: Readonly<Record<string, unknown>> = after.config.resolver;
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  const own = [...keys].filter(key => !isSame(was[key], is[key])).map(key => `resolver.${key}`);
  const others = (slice: PopSlice): unknown =>
    Object.entries(slice.config.pops).map(([name, { management }]) => [name, management]);
  return [
    ...own,
    ...(isSame(others(before), others(after)) ? [] : ['pops']),
    ...(before.config.telemetry.logLevel === after.config.telemetry.logLevel ? [] : ['telemetry.logLevel']),
  ];
}

function resolverKey(name: 'port' | 'threads' | 'workers' | 'transports'): RestartKey {
  return {
    key: () => `resolver.${name}`,
    read: ({ config }) => config.resolver[name],
    keep: (slice, from) =>
      withConfig(slice, { resolver: { ...slice.config.resolver, [name]: from.config.resolver[name] } }),
  };
}

function withConfig(slice: PopSlice, part: Partial<PopSlice['config']>): PopSlice {
  return { ...slice, config: { ...slice.config, ...part } };
}

function isSame(first: unknown, second: unknown): boolean {
  return JSON.stringify(first) === JSON.stringify(second);
}
