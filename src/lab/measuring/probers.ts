/** A prober in every client network of a lab, and what they have seen so far. */
import type { AnycastConfig } from '../../config/anycast-config.ts';
import { onLines } from '../../system/lines.ts';
import { kitCommand } from '../kit-command.ts';
import type { Lab } from '../lab-runtime.ts';
import { type Track, trackKey } from '../prober/analysis.ts';
import { parseSample, type Sample } from '../prober/sample.ts';

export interface Probers extends AsyncDisposable {
  readonly clients: readonly string[];
  /** How many tracks there are once every client has got its first answer: one per client and service address. */
  readonly expectedTracks: number;
  /** What has become of the queries so far, in the order it was learnt. */
  tracks(): readonly Track[];
  /** Has these clients ask `rate` times a second from now on. */
  pace(clients: readonly string[], rate: number): void;
  /** Stops sending, waits for the last answers, and gives everything in the order it was sent. */
  stop(): Promise<readonly Track[]>;
}

/** How long a prober runs at most; a drill ends it long before. */
const limit = '120s';
/** How long a client waits for an answer before the query counts as lost. */
export const patienceMs = 1000;

/** `rate` is queries per second and client, all service addresses together. */
export function startProbers(lab: Lab, config: AnycastConfig, rate: number): Probers {
  const clients = lab.plan.nodes.filter(node => node.role === 'client').map(node => node.name);
  const { addresses } = config.service;
  const targets = addresses.flatMap(address => ['--target', address.text]);
  const pace = ['--rate', String(rate), '--duration', limit, '--patience', `${patienceMs}ms`];
  const tracks = new Map<string, Track & { readonly samples: Sample[] }>();
  const started = clients.map(client => {
    const child = lab.spawn(client, kitCommand(lab.plan, 'probe', '--until-stdin-ends', ...targets, ...pace));
    onLines(child.stdout, line => {
      const sample = parseSample(line);
      if (!sample) return;
      const key = trackKey(client, sample.family);
      const track = tracks.get(key) ?? { client, family: sample.family, samples: [] };
      tracks.set(key, track);
      track.samples.push(sample);
    });
    return [client, child] as const;
  });
  const children = started.map(([, child]) => child);
  return {
    clients,
    expectedTracks: clients.length * addresses.length,
    tracks: () => [...tracks.values()],
    pace(slower, newRate) {
      for (const [client, child] of started) if (slower.includes(client)) child.stdin.write(`${newRate}\n`);
    },
    async stop() {
      for (const child of children) child.stdin.end();
      await Promise.all(children.map(child => child.ended));
      for (const { samples } of tracks.values()) samples.sort((a, b) => a.sentMs - b.sentMs);
      return [...tracks.values()];
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(child => child[Symbol.asyncDispose]()));
    },
  };
}
