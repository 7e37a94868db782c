/** The figures as tables to read. Pure. */
import type { CachedFigures, Measured } from './figures.ts';

type Row = readonly string[];

export function formatFigures(figures: CachedFigures): string {
  const parts = [oneCoreTable(figures), floodedTable(figures), ...ratioLines(figures)];
  parts.push(streamTable(figures), twoWorkersTable(figures), memoryTable(figures));
  parts.push(figures.doubts.map(doubt => `doubtful: ${doubt}`).join('\n'));
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function oneCoreTable(figures: CachedFigures): string {
  const rows = rowsOf(figures).map(([name, own]) => [
    name,
    own.cpuUsPerQuery.toFixed(2),
    own.qps.toFixed(0),
    percent(own.busyShare),
  ]);
  return table(['cached, UDP, dnsperf', 'CPU us/query', 'queries/s', 'busy'], rows);
}

/** Where one was not busy, the flood was the slower one. */
function floodedTable(figures: CachedFigures): string {
  const rows = rowsOf(figures).map(([name, own]) => [
    name,
    own.mostCpuUsPerQuery.toFixed(2),
    own.mostQps.toFixed(0),
    percent(own.mostBusyShare),
    own.p50Ms.toFixed(3),
    own.p99Ms.toFixed(3),
    `${(own.halfLostShare * 100).toFixed(2)} %`,
    own.halfCpuUsPerQuery.toFixed(2),
  ]);
  const atHalf = ['p50 ms at half', 'p99 ms', 'lost', 'CPU us'];
  return table(['cached, UDP, flood', 'CPU us/query', 'queries/s', 'busy', ...atHalf], rows);
}

function rowsOf({ servers, floor, dgramEcho }: CachedFigures): [string, Measured][] {
  return Object.entries({
    ...servers,
    ...(floor && { echo: floor }),
    ...(dgramEcho && { 'dgram-echo': dgramEcho }),
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function ratioLines({
  ratioToBestPeer,
  ratiosToBestPeer: ratios,
  dgramToEcho,
  floor,
  servers,
}: CachedFigures) {
  const lines: string[] = [];
  const named = [
    ['CPU per query', ratioToBestPeer],
    ['queries/s', ratios.qps],
    ['CPU per query of a flood', ratios.mostCpuUsPerQuery],
    ['queries/s', ratios.mostQps],
    ['p50 at half', ratios.p50Ms],
    ['p99', ratios.p99Ms],
    ['CPU', ratios.halfCpuUsPerQuery],
  ] as const;
  const known = named.filter(([, ratio]) => ratio !== undefined);
  if (known.length > 0)
    lines.push(`anycast to the best peer: ${known.map(([what, ratio]) => `${what} ${ratio}`).join(', ')}`);
  const { anycast } = servers;
  if (anycast && floor)
    lines.push(`CPU per query, anycast to echo: ${(anycast.cpuUsPerQuery / floor.cpuUsPerQuery).toFixed(2)}`);
  if (dgramToEcho !== undefined)
    lines.push(`queries/s, anycast-dgram to dgram-echo: ${dgramToEcho.toFixed(2)}`);
  return lines.length > 0 ? [lines.join('\n')] : [];
}

function streamTable({ servers }: CachedFigures): string {
  const cell = (own: Measured, key: keyof Measured, digits: number): string =>
    own[key]?.toFixed(digits) ?? '-';
  const rows = Object.entries(servers).map(([name, own]) => [
    name,
    cell(own, 'tcpQps', 0),
    cell(own, 'tcpCpuUsPerQuery', 2),
    cell(own, 'dotQps', 0),
    cell(own, 'dotCpuUsPerQuery', 2),
  ]);
  return table(['cached, streams', 'TCP queries/s', 'CPU us', 'DoT queries/s', 'CPU us'], rows);
}

function twoWorkersTable({ twoWorkers }: CachedFigures): string {
  const rows = Object.entries(twoWorkers).map(([name, own]) => [
    name,
    own.cpuUsPerQuery.toFixed(2),
    own.qps.toFixed(0),
    percent(own.busyShare),
  ]);
  return table(['two workers, dnsperf on the same two', 'CPU us/query', 'queries/s', 'busy of 200 %'], rows);
}

function memoryTable({ memory }: CachedFigures): string {
  const rows = Object.entries(memory).map(([name, { octetsPerAnswer, counted }]) => [
    name,
    octetsPerAnswer.toFixed(0),
    counted ? `${counted.count} ${counted.of}` : 'does not say',
  ]);
  return table(['memory', 'octets/answer', 'it counts'], rows);
}

/** Nothing without rows. */
function table(head: Row, body: readonly Row[]): string {
  if (body.length === 0) return '';
  const widths = head.map((_, at) => Math.max(...[head, ...body].map(row => row[at]?.length ?? 0)));
  const line = (row: Row): string =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}
