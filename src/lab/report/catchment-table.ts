/** The catchment as a table: which PoP answers each client, per family, and how fast. */
import type { Catchment, CatchmentEntry } from '../prober/analysis.ts';

export function formatCatchment(catchment: Catchment): string {
  const clients = Object.entries(catchment);
  const width = Math.max(6, ...clients.map(([name]) => name.length));
  const cell = (entry: CatchmentEntry | undefined): string => {
    if (entry?.pop == null) return 'nobody'.padEnd(18);
    return `${entry.pop.padEnd(8)}${`${entry.rttMs?.toFixed(2)} ms`.padStart(10)}`;
  };
  return [
    `${'client'.padEnd(width)}  ${'IPv4'.padEnd(18)}  IPv6`,
    ...clients.map(([name, { v4, v6 }]) => `${name.padEnd(width)}  ${cell(v4)}  ${cell(v6)}`.trimEnd()),
  ].join('\n');
}
