/**
 * Warming the cache up: takes a peer's dump before this PoP answers on the service address.
 *
 * A PoP that comes back with nothing in its cache is announced to clients who then all wait for the same names at once.
 * So it asks another PoP's resolver, from its own management address at the other's, for `/cache`; that path is closed to
 * everyone but the deployment's PoPs (see `peersOf`). The way between them is trusted as the agents' is: whoever can forge
 * a management address's TCP connections can do worse.
 *
 * Bounded in time and octets. The peer tells what is in use first, each line stands for itself, so that what has come when
 * time is over is good. A failure is logged, and the start goes on: a cold cache is slow, not wrong.
 */
import { get, type IncomingMessage } from 'node:http';
import {
  addressOf,
  type PopConfig,
  type PopSlice,
  type ResolverConfig,
} from '../../config/anycast-config.ts';
import { type IpAddress, parseIpAddress, unmapped } from '../../ip/address.ts';
import { Breather } from '../../system/breather.ts';
import type { Clock } from '../../system/clock.ts';
import { describeError, Fault } from '../../system/fault.ts';
import { within } from '../../system/within.ts';
import type { Log } from '../../telemetry/log.ts';
import { type CacheContents, type LoadCounts, noCounts } from './cache-contents.ts';
import { type DumpHeader, dumpLineLimit, parseEntry, parseHeader } from './dump-format.ts';

/** Where a resolver gives its dump, on its telemetry port. */
export const dumpPath = '/cache';

export interface WarmUpOptions {
  readonly slice: PopSlice;
  readonly contents: CacheContents;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Entries on their way to where they are kept. */
const loadingLimit = 1000;

type WarmUp = Exclude<ResolverConfig['cache']['warmUp'], 'off'>;

/** Asks peers until one has given its dump or time is over. Rejects only with the signal's reason. */
export async function warmUp(options: WarmUpOptions): Promise<void> {
  const { slice, clock, log, signal } = options;
  const { warmUp: keys } = slice.config.resolver.cache;
  if (keys === 'off') return;
  const untilMs = clock.monotonicMs() + keys.within;
  for (const [name, peer] of peersToAsk(slice, keys)) {
    for (const address of peer.management) {
      const ms = untilMs - clock.monotonicMs();
      const source = addressOf(slice.pop.management, address.family);
      if (ms <= 0 || !source) continue;
      const counts = noCounts();
      const failure = await within({ ms, clock, signals: [signal] }, bound =>
        takeDump({ ...options, signal: bound }, { address, source }, counts),
      ).then(() => undefined, describeError);
      signal.throwIfAborted();
      if (failure === undefined) log.info({ from: name, ...counts }, 'cache warmed up');
      else log.warn({ from: name, address: address.text, ...counts, error: failure }, 'cache not warmed up');
      if (failure === undefined) return;
    }
  }
}

/** Whether `/cache` is for the client at this address (text, as the socket gives it). */
export function peersOf({ config }: PopSlice): (address: string) => boolean {
  const peers = new Set(Object.values(config.pops).flatMap(pop => pop.management.map(({ text }) => text)));
  return text => {
    const address = parseIpAddress(text);
    return address !== undefined && peers.has(unmapped(address).text);
  };
}

/** As named; for `any` those behind this one in the file first, so that not every PoP asks the same. */
function peersToAsk({ name: own, config }: PopSlice, { from }: WarmUp): [string, PopConfig][] {
  const all = Object.entries(config.pops);
  const at = all.findIndex(([name]) => name === own);
  const order = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))];
  if (from === 'any') return order;
  return from.flatMap(name => order.filter(([each]) => each === name));
}

async function takeDump(
  options: WarmUpOptions,
  { address, source }: { address: IpAddress; source: IpAddress },
  counts: LoadCounts,
): Promise<void> {
  const { slice, contents, clock, signal } = options;
  const breather = new Breather(clock);
  const { telemetry, resolver } = slice.config;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const at = { host: address.text, port: telemetry.resolverPort, path: dumpPath };
    get({ ...at, localAddress: source.text, agent: false, signal }, resolve).on('error', reject);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Fault('refused', `HTTP status ${response.statusCode ?? 0}`);
  }
  let header: DumpHeader | undefined;
  let number = 0;
  let loading: (Promise<void> | undefined)[] = [];
  for await (const line of linesOf(response, resolver.cache.maxBytes)) {
    number += 1;
    if (breather.isDue) await breather.rest();
    if (!header) {
      header = parseHeader(line);
      continue;
    }
    const entry = parseEntry(line, number);
    if (entry.kind === 'end') {
      await Promise.all(loading);
      return;
    }
    loading.push(contents.load(header, entry, counts));
    if (loading.length < loadingLimit) continue;
    await Promise.all(loading);
    loading = [];
  }
  throw new Fault('unreachable', 'the dump was cut off');
}

/** @throws Fault `refused` past `octetLimit`, and for a line that is too long. */
async function* linesOf(response: IncomingMessage, octetLimit: number): AsyncGenerator<string, void> {
  let rest = '';
  let octets = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets > octetLimit) throw new Fault('refused', `a dump of more than ${octetLimit} octets`);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > dumpLineLimit) throw new Fault('refused', 'a line too long');
    yield* lines;
  }
}
