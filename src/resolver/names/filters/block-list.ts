/**
 * A block list: names one a line, or as a hosts file has them, each standing for itself and all below it.
 *
 * A hosts file names the machine itself too (`127.0.0.1 localhost`): names of one label behind an address are passed over. Of
 * lists from elsewhere some lines are always unreadable; a file with more of those than of names is no list at all.
 */
import { parseName } from '../../../dns/name.ts';
import { TextFault } from '../../../dns/text/text-fault.ts';
import type { FilterAction, FilterZone } from './filter-zone.ts';
import type { LineSource } from './line-source.ts';
import { NameTableBuilder } from './name-table.ts';

export interface BlockListOptions {
  readonly action: 'nxdomain' | 'nodata' | 'refused' | 'drop' | 'pass';
  readonly reason: FilterZone['reason'];
  readonly seed: number;
}

/** @throws TextFault when the lines are no list. */
export async function readBlockList(lines: LineSource, options: BlockListOptions): Promise<FilterZone> {
  const builder = new NameTableBuilder();
  let names = 0;
  let unreadable = 0;
  await lines(line => {
    for (const text of namesIn(line)) {
      const name = parseName(text.startsWith('*.') ? text.slice(2) : text);
      // The root would be everything: nobody means that.
      if (!name || name.length === 1) {
        unreadable += 1;
        continue;
      }
      builder.add(name, 0);
      names += 1;
    }
  });
  if (unreadable > names) throw new TextFault(`${unreadable} lines that are no names, and ${names} that are`);
  const table = await builder.finish(options.seed);
  const action: FilterAction = { kind: options.action };
  return {
    reason: options.reason,
    size: table.size,
    bytes: table.bytes,
    complaints: unreadable === 0 ? [] : [`${unreadable} lines are no names`],
    looksAtReplies: false,
    looksAtClients: false,
    client: () => undefined,
    name: name => (table.findAncestor(name, false) === undefined ? undefined : action),
    address: () => undefined,
    nameserver: () => undefined,
  };
}

function namesIn(line: string): readonly string[] {
  const comment = line.indexOf('#');
  const words = (comment < 0 ? line : line.slice(0, comment)).trim().split(/\s+/);
  const [first = ''] = words;
  if (first === '') return [];
  if (!isAddress(first)) return words;
  return words
    .slice(1)
    .filter(word => word.includes('.') && !isAddress(word) && !ownNames.has(word.toLowerCase()));
}

/** Enough to tell it from a name: no name has a colon, nor digits alone in every label. */
function isAddress(word: string): boolean {
  return word.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(word);
}

const ownNames: ReadonlySet<string> = new Set(['localhost.localdomain']);
