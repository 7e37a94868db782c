/**
 * `anycast cache load`: reads a dump into the resolver's cache.
 *
 * The file is read twice, a line at a time: once to see that every line of it is good, once to send it. A dump that is
 * damaged anywhere is not loaded at all, and its size does not matter.
 */
import type { LoadCounts } from '../../resolver/cache/cache-contents.ts';
import type { LoadRequest } from '../../resolver/cache-control.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { CommandKind } from '../command.ts';
import {
  connectResolver,
  type ResolverSocketOptions,
  resolverSocketOption,
} from '../inputs/resolver-socket.ts';

interface LoadOptions extends ResolverSocketOptions {
  readonly json?: boolean;
}

/** Characters and lines sent at a time: far below what a line of the control socket may have; some milliseconds of work. */
const batchLength = 256 * 1024;
const batchLines = 100;

export const cacheLoadCommand: CommandKind = {
  name: 'load',
  define(command, runs) {
    resolverSocketOption(command)
      .summary('read a dump into the cache')
      .description(
        'Takes what anycast cache dump wrote, as old as it is by now. Entries that have expired are passed over,\nas is what belongs to a forward zone that this resolver does not have.\nA file with a bad line is refused as a whole.',
      )
      .argument('<file>', 'the dump')
      .option('--json', 'the counts as JSON')
      .action(runs(cacheLoad));
  },
};

async function cacheLoad(signal: AbortSignal, path: string, options: LoadOptions): Promise<undefined> {
  const { noCounts } = await import('../../resolver/cache/cache-contents.ts');
  await check(path, signal);
  await using client = await connectResolver(options);
  const total = noCounts();
  for await (const request of batches(path)) {
    const counts = (await client.request('load', { ...request }, signal)) as LoadCounts;
    for (const key of Object.keys(total) as (keyof LoadCounts)[]) total[key] += counts[key];
  }
  const { loaded, expired, elsewhere, known } = total;
  process.stdout.write(
    options.json
      ? `${JSON.stringify(total)}\n`
      : `${loaded} loaded, ${expired} expired, ${known} known already, ${elsewhere} of other forward zones\n`,
  );
}

/** @throws Fault `refused`, naming the first bad line. */
async function check(path: string, signal: AbortSignal): Promise<void> {
  const { parseEntry, parseHeader } = await import('../../resolver/cache/dump-format.ts');
  let number = 0;
  let end: number | undefined;
  for await (const line of linesOf(path)) {
    signal.throwIfAborted();
    number += 1;
    if (end !== undefined) throw damaged(`line ${number}: stands behind the last line`);
    if (number === 1) {
      parseHeader(line);
      continue;
    }
    const entry = parseEntry(line, number);
    if (entry.kind === 'end') end = entry.entries;
  }
  if (number === 0) throw damaged('the file is empty');
  if (end === undefined) throw damaged(`the dump is cut off behind line ${number}`);
  if (end !== number - 2) throw damaged(`${number - 2} entries, where ${end} were written`);
}

async function* batches(path: string): AsyncGenerator<LoadRequest, void> {
  let header: string | undefined;
  let number = 0;
  let lines: string[] = [];
  let length = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (header === undefined) {
      header = line;
      continue;
    }
    lines.push(line);
    length += line.length;
    if (length < batchLength && lines.length < batchLines) continue;
    yield { header, lines, firstLine: number - lines.length + 1 };
    lines = [];
    length = 0;
  }
  if (header !== undefined && lines.length > 0) yield { header, lines, firstLine: number - lines.length + 1 };
}

async function* linesOf(path: string): AsyncGenerator<string, void> {
  const { open } = await import('node:fs/promises');
  const file = await open(path).catch(cause => {
    throw new Fault('usage', `cannot read ${path}: ${describeError(cause)}`, {
      hint: 'name a file that anycast cache dump wrote',
      cause,
    });
  });
  try {
    for await (const line of file.readLines()) yield line;
  } finally {
    await file.close();
  }
}

function damaged(message: string): Fault {
  return new Fault('refused', message, { hint: 'the dump is damaged: nothing of it is loaded' });
}
