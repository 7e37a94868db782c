/** `anycast cache flush`: makes the resolver forget a name, a zone, or everything. */
import type { FlushReport } from '../../resolver/cache-control.ts';
import { Fault } from '../../system/fault.ts';
import type { CommandKind } from '../command.ts';
import {
  connectResolver,
  type ResolverSocketOptions,
  resolverSocketOption,
} from '../inputs/resolver-socket.ts';

interface FlushOptions extends ResolverSocketOptions {
  readonly zone?: string;
  readonly all?: boolean;
}

export const cacheFlushCommand: CommandKind = {
  name: 'flush',
  define(command, runs) {
    resolverSocketOption(command)
      .summary('forget a name, a zone or everything')
      .description(
        'Drops what is known of the name, of any type, and the answers that lead over it.\nWhat was flushed is not served as a stale answer either.',
      )
      .argument('[name]', 'this name alone')
      .option('--zone <name>', 'the name and everything below it')
      .option('--all', 'everything')
      .action(runs(cacheFlush));
  },
};

async function cacheFlush(
  signal: AbortSignal,
  name: string | undefined,
  { zone, all, ...options }: FlushOptions,
): Promise<undefined> {
  if ([name, zone, all].filter(each => each !== undefined).length !== 1) {
    throw new Fault('usage', 'one of a name, --zone and --all', {
      hint: 'e.g. anycast cache flush www.example.com, or anycast cache flush --zone example.com',
    });
  }
  const scope = name !== undefined ? { name } : zone !== undefined ? { zone } : {};
  await using client = await connectResolver(options);
  const { entries } = (await client.request('flush', scope, signal)) as FlushReport;
  process.stdout.write(`${entries} ${entries === 1 ? 'entry' : 'entries'} dropped\n`);
}
