/**
 * What a server does when it never waits: queries come faster than it answers, from thousands of addresses, and what it has
 * no time for the kernel drops. dnsperf cannot show this of a server that takes less for an answer than dnsperf for a question.
 *
 * Answers are counted by the kernel, as datagrams sent (the queries are raw packets, and nobody else sends any here), and
 * end at ports where they are dropped: the share of the kernel's work for a client's socket is small, and all servers' alike.
 */
import { readFileSync } from 'node:fs';
import { Fault } from '../../../src/system/fault.ts';
import { buildFlood, type FloodQuery, floodSources } from '../universe/flood.ts';
import { usageOf } from '../universe/program.ts';
import type { Host } from '../universe/zones.ts';

export interface Saturated {
  readonly qps: number;
  /** User and system time by answers. */
  readonly cpuUsPerQuery: number;
  readonly busyShare: number;
}

export interface SaturationOptions {
  readonly pid: number;
  readonly server: string;
  readonly hosts: readonly Host[];
  /** Where the flood's program and packets go. */
  readonly folder: string;
  /** Of each step. */
  readonly seconds: number;
  /** Queries per second that it answers at least. */
  readonly known: number;
  readonly signal: AbortSignal;
}

/** Each host is asked for from several addresses. */
const queriesPerHost = 8;
/** Of the most that was answered so far: what is offered next, and what makes a next step worth it. */
const offeredAtOnce = 1.5;
const risesBy = 1.05;

/** The most it answers, in steps: to offer all that can be sent at once would find less, as what is dropped costs something too. */
export async function saturate(options: SaturationOptions): Promise<Saturated> {
  const { folder, seconds, known, signal } = options;
  const flood = await buildFlood(folder, queriesOf(options));
  let best: Saturated | undefined;
  for (let offered = offeredAtOnce * known; ; ) {
    const before = { answers: datagramsSent(), cpuUs: usageOf(options.pid).cpuUs };
    const { seconds: lasted } = await flood.run(offered, seconds, signal);
    const answers = datagramsSent() - before.answers;
    const cpuUs = usageOf(options.pid).cpuUs - before.cpuUs;
    const step = { qps: answers / lasted, cpuUsPerQuery: cpuUs / answers, busyShare: cpuUs / 1e6 / lasted };
    if (best && step.qps < risesBy * best.qps) return best.qps > step.qps ? best : step;
    best = step;
    offered = offeredAtOnce * step.qps;
  }
}

function queriesOf({ hosts, server }: SaturationOptions): FloodQuery[] {
  return Array.from({ length: hosts.length * queriesPerHost }, (_, index) => ({
    name: hosts[index % hosts.length]?.name ?? '',
    server,
    source: (index * 7919) % floodSources,
  }));
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
