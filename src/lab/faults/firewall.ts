/**
 * Packets that vanish, by nftables in a node: what arrives is dropped before anything sees it, and nobody is told.
 *
 * Only what arrives, never what leaves: a sender whose own kernel drops its packet is told so, which no broken cable does.
 */
import type { IpAddress } from '../../ip/address.ts';
import { Fault } from '../../system/fault.ts';
import type { Stage } from '../drill.ts';

const tableName = 'drill_drops';

/** Drops what arrives in a node and matches one of these expressions of nft(8), instead of what was dropped before. */
export async function dropArriving(stage: Stage, node: string, matches: readonly string[]): Promise<void> {
  const rules = matches.map(match => `    ${match} counter drop`);
  const table = [
    `table inet ${tableName} {`,
    '  chain arriving {',
    '    type filter hook prerouting priority raw;',
    ...rules,
    '  }',
    '}',
  ];
  await nft(stage, node, [removal(tableName), ...table].join('\n'));
}

/** Lets everything through again, whether anything was dropped or not. */
export async function dropNothing(stage: Stage, nodes: readonly string[]): Promise<void> {
  await Promise.all(nodes.map(async node => await nft(stage, node, removal(tableName))));
}

/** Expressions that match packets from these addresses. */
export function fromAddresses(addresses: readonly IpAddress[]): string[] {
  return addresses.map(({ family, text }) => `${family === 4 ? 'ip' : 'ip6'} saddr ${text}`);
}

/** Deletes a table that may not be there: adding it first makes deleting it right. */
export function removal(table: string): string {
  return `add table inet ${table}\ndelete table inet ${table}`;
}

export async function nft(
  { lab, signal }: Pick<Stage, 'lab' | 'signal'>,
  node: string,
  commands: string,
): Promise<void> {
  const result = await lab.exec(node, ['nft', '-f', '-'], { signal, input: `${commands}\n` });
  if (result.exitCode !== 0) {
    throw new Fault('environment', `nft at ${node} said: ${result.stderr.trim().split('\n')[0]}`, {
      hint: 'the drill needs nftables with payload rewriting in this kernel',
    });
  }
}
