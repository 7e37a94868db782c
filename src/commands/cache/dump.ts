/** `anycast cache dump`: writes out what the resolver has in its cache, as lines of JSON. */
import type { DumpPiece } from '../../resolver/cache-control.ts';
import type { CommandKind } from '../command.ts';
import {
  connectResolver,
  type ResolverSocketOptions,
  resolverSocketOption,
} from '../inputs/resolver-socket.ts';

interface DumpOptions extends ResolverSocketOptions {
  readonly output?: string;
}

export const cacheDumpCommand: CommandKind = {
  name: 'dump',
  define(command, runs) {
    resolverSocketOption(command)
      .summary('write the cache out')
      .description(
        'Writes one line of JSON for each entry that has not expired, those in use first.\nIt tells what names clients ask for: a file is made readable for its owner alone.',
      )
      .option('-o, --output <file>', 'into a file instead of standard output; whole, or not at all')
      .action(runs(cacheDump));
  },
};

async function cacheDump(signal: AbortSignal, options: DumpOptions): Promise<undefined> {
  const { Readable } = await import('node:stream');
  const { pipeline } = await import('node:stream/promises');
  await using client = await connectResolver(options);
  async function* pieces(): AsyncGenerator<string, void> {
    for (;;) {
      const { piece } = (await client.request('dump', {}, signal)) as DumpPiece;
      if (piece === null) return;
      yield piece;
    }
  }
  if (options.output === undefined) {
    await pipeline(Readable.from(pieces()), process.stdout, { signal, end: false });
  } else {
    const { writePiecesAtomically } = await import('../../system/files.ts');
    await writePiecesAtomically(options.output, pieces(), 0o600);
  }
}
