/**
 * The cache's requests on the control socket: `flush`, `dump` and `load`.
 *
 * A dump goes out, and comes in, in pieces that the other side asks for or sends one at a time: neither ever has the whole
 * in memory, and whoever goes away leaves nothing behind. Dumping belongs to a connection: it ends with that.
 */
import { type Name, parseName } from '../dns/name.ts';
import type { ControlHandler, ControlPeer } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';
import { type CacheContents, type FlushScope, type LoadCounts, noCounts } from './cache/cache-contents.ts';
import { parseEntry, parseHeader } from './cache/dump-format.ts';

/** What `flush` answers. */
export interface FlushReport {
  /** Entries dropped. */
  readonly entries: number;
}

/** What `dump` answers: the next piece, whole lines; null when that was all. */
export interface DumpPiece {
  readonly piece: string | null;
}

/** What `load` is given: some lines of a dump, and the dump's first. */
export interface LoadRequest {
  readonly header: string;
  readonly lines: readonly string[];
  /** The number of the first of them in the dump, for messages. */
  readonly firstLine: number;
}

export function cacheHandlers(contents: CacheContents): Readonly<Record<string, ControlHandler>> {
  const dumps = new WeakMap<ControlPeer, AsyncGenerator<string, void>>();
  return {
    flush: async (args): Promise<FlushReport> => ({ entries: await contents.flush(scopeOf(args)) }),
    dump: async (_args, peer): Promise<DumpPiece> => {
      const dump = dumps.get(peer) ?? contents.dump({ isReadable: true });
      dumps.set(peer, dump);
      const { value, done } = await dump.next();
      if (done) dumps.delete(peer);
      return { piece: value ?? null };
    },
    load: (args): Promise<LoadCounts> => load(contents, loadRequest(args)),
  };
}

/** All lines are read before the first is taken. */
async function load(contents: CacheContents, { header, lines, firstLine }: LoadRequest): Promise<LoadCounts> {
  const from = parseHeader(header);
  const entries = lines.map((line, index) => parseEntry(line, firstLine + index));
  const counts = noCounts();
  await Promise.all(
    entries.map(entry => (entry.kind === 'end' ? undefined : contents.load(from, entry, counts))),
  );
  return counts;
}

function scopeOf({ name, zone }: Readonly<Record<string, unknown>>): FlushScope {
  if (name !== undefined) return { kind: 'name', name: nameOf(name) };
  if (zone !== undefined) return { kind: 'zone', name: nameOf(zone) };
  return { kind: 'all' };
}

function nameOf(text: unknown): Name {
  const name = typeof text === 'string' ? parseName(text) : undefined;
  if (name) return name;
  throw new Fault('usage', `${JSON.stringify(text)} is not a domain name`, {
    hint: 'write it as in a zone file, e.g. www.example.com',
  });
}

function loadRequest({ header, lines, firstLine }: Readonly<Record<string, unknown>>): LoadRequest {
  const isRequest =
    typeof header === 'string' &&
    typeof firstLine === 'number' &&
    Array.isArray(lines) &&
    lines.every(line => typeof line === 'string');
  if (isRequest) return { header, lines, firstLine };
  throw new Fault('usage', 'load takes a header, lines and the number of the first');
}
