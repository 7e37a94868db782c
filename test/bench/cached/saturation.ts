/**
 * What a server does with more queries than it can answer, and with half as many as it can: a flood from thousands of
 * addresses, since dnsperf takes longer for a question than a fast server for its answer. What a server has no time for the
 * kernel drops.
 *
 * Answers are counted by the kernel, as datagrams sent (the flood is of raw packets), and end at ports where they are
 * dropped: the share of the kernel's work for a client's socket is small, and all servers' alike. Latencies are those that
 * dnsperf sees, with a few questions beside the flood.
 */
import { readFileSync } from 'node:fs';
import { Fault } from '../../../src/system/fault.ts';
import { buildFlood, type Flood, type FloodQuery, floodSources, rampUp } from '../universe/flood.ts';
import { usageOf } from '../universe/program.ts';
import type { Host } from '../universe/zones.ts';
import { type Load, type LoadOptions, load } from './load.ts';

export interface Flooding {
  readonly qps: number;
  /** User and system time by answers. */
  readonly cpuUsPerQuery: number;
  readonly busyShare: number;
}

export interface FloodedServer {
  readonly pid: number;
  readonly flood: Flood;
  /** Of each load. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Each host is asked for from several addresses. */
const queriesPerHost = 8;
/** Questions of dnsperf's, per second. */
const askedBeside = 2000;

/** The flood of these hosts' names. `folder` has room for its program and packets. */
export async function floodOf(hosts: readonly Host[], server: string, folder: string): Promise<Flood> {
  const queries = Array.from(
    { length: hosts.length * queriesPerHost },
    (_, index): FloodQuery => ({
      name: hosts[index % hosts.length]?.name ?? '',
      server,
      source: (index * 7919) % floodSources,
    }),
  );
  return await buildFlood(folder, queries);
}

/** The most it answers, where it is known to answer so many at least. */
export async function saturate(server: FloodedServer, knownPerSecond: number): Promise<Flooding> {
  return await rampUp(knownPerSecond, perSecond => flooded(server, perSecond, 0));
}

/** With so many queries a second, and those that are asked beside them to see their latencies. */
export async function measureAt(
  server: FloodedServer,
  perSecond: number,
  asked: Omit<LoadOptions, 'lasts' | 'perSecond' | 'hasLatencies'>,
): Promise<Flooding & Load> {
  const lasts = { seconds: server.seconds };
  const [flooding, beside] = await Promise.all([
    flooded(server, perSecond, askedBeside),
    load({ ...asked, lasts, perSecond: askedBeside, hasLatencies: true }),
  ]);
  return { ...beside, ...flooding };
}

/** `besidePerSecond`: datagrams that somebody else sends meanwhile. */
async function flooded(
  { pid, flood, seconds, signal }: FloodedServer,
  perSecond: number,
  besidePerSecond: number,
): Promise<Flooding> {
  const before = { sent: datagramsSent(), cpuUs: usageOf(pid).cpuUs };
  const { seconds: lasted } = await flood.run(perSecond, seconds, signal);
  const answers = datagramsSent() - before.sent - besidePerSecond * lasted;
  const cpuUs = usageOf(pid).cpuUs - before.cpuUs;
  return { qps: answers / lasted, cpuUsPerQuery: cpuUs / answers, busyShare: cpuUs / 1e6 / lasted };
}

/** By all programs in this network (RFC 4113, udpOutDatagrams). */
function datagramsSent(): number {
  const lines = readFileSync('/proc/net/snmp', 'latin1')
    .split('\n')
    .filter(line => line.startsWith('Udp:'));
  const at = lines[0]?.split(' ').indexOf('OutDatagrams') ?? -1;
  const count = Number(lines[1]?.split(' ')[at]);
  if (!Number.isInteger(count)) throw new Fault('environment', 'the kernel does not say what it has sent');
  return count;
}
