/** Queries sent whatever becomes of them, from as many addresses as wanted (`flood.c`). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMessage } from '../../../src/dns/message.ts';
import { Fault } from '../../../src/system/fault.ts';
import { runOrThrow } from '../../../src/system/run.ts';
import { edns, query } from '../../resolver/messages.ts';
import { cores } from './namespace.ts';

/** `program:package`, for `inNamespace`. */
export const floodPrograms = ['cc:gcc', 'cc:libc6-dev'] as const;

/** Addresses that a flood may come from, 198.19.16.0 and those that follow. */
export const floodSources = 4096;

/** Where replies go, at each of these addresses: ports that no one is given who asks for any. */
const sinkPorts = { first: 700, count: 16 } as const;

/** A question for the address of a name, with EDNS, without a cookie. */
export interface FloodQuery {
  readonly name: string;
  /** Dotted. */
  readonly server: string;
  /** Which of the addresses it comes from. */
  readonly source: number;
}

export interface Flooded {
  readonly sent: number;
  readonly seconds: number;
}

export interface Flood {
  /** Sends the queries in their order, again and again; less than `perSecond` where its processor cannot send as many. */
  run(perSecond: number, seconds: number, signal: AbortSignal): Promise<Flooded>;
}

const compileWithinMs = 60_000;
/** Milliseconds after its time in which it must have ended. */
const endsWithinMs = 10_000;

/** So that who shares its processor is not kept waiting by what he is to be measured beside. */
const niceness = '19';

export async function buildFlood(folder: string, queries: readonly FloodQuery[]): Promise<Flood> {
  const program = join(folder, 'flood');
  const packets = join(folder, 'packets');
  const source = join(import.meta.dirname, 'flood.c');
  await runOrThrow(['cc', '-O2', '-Wall', '-o', program, source], { timeoutMs: compileWithinMs });
  await writeFile(packets, Buffer.concat(queries.map(packetOf)));
  return {
    async run(perSecond, seconds, signal) {
      const argv = ['-c', String(cores.others), 'nice', '-n', niceness, program, packets];
      const numbers = [Math.round(perSecond), seconds, sinkPorts.first, sinkPorts.count].map(String);
      const timeoutMs = seconds * 1000 + endsWithinMs;
      const said = await runOrThrow(['taskset', ...argv, ...numbers], { timeoutMs, signal });
      const [sent, passed] = said.trim().split(' ').map(Number);
      if (!sent || !passed) throw new Fault('refused', `the flood said: ${said}`);
      return { sent, seconds: passed };
    },
  };
}

const headerOctets = 20;
const udpHeaderOctets = 8;

/** An IPv4 packet behind its length in two octets. The kernel fills in the header's checksum, and UDP needs none (RFC 768). */
function packetOf({ name, server, source }: FloodQuery, index: number): Uint8Array {
  const payload = encodeMessage(query(name, 'A', { id: index & 0xffff, edns: edns() }));
  const packet = Buffer.alloc(headerOctets + udpHeaderOctets + payload.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  const [timeToLive, udp] = [64, 17];
  packet[8] = timeToLive;
  packet[9] = udp;
  packet.set([198, 19, 16 + (source >> 8), source & 0xff], 12);
  packet.set(server.split('.').map(Number), 16);
  packet.writeUInt16BE(sinkPorts.first + (index % sinkPorts.count), headerOctets);
  packet.writeUInt16BE(53, headerOctets + 2);
  packet.writeUInt16BE(udpHeaderOctets + payload.length, headerOctets + 4);
  packet.set(payload, headerOctets + udpHeaderOctets);
  return Buffer.concat([Uint8Array.of(packet.length >> 8, packet.length & 0xff), packet]);
}

/** Of the most that was answered so far: what is offered next, and what makes a next step worth it. */
const offeredAtOnce = 1.5;
const risesBy = 1.05;

/**
 * The step with the most answers of those that rise from what is known to be answered. To offer all that can be sent at once
 * would find less, since what is dropped costs something too.
 */
export async function rampUp<Step extends { readonly qps: number }>(
  knownPerSecond: number,
  offer: (perSecond: number) => Promise<Step>,
): Promise<Step> {
  let best: Step | undefined;
  for (let known = knownPerSecond; ; ) {
    const step = await offer(offeredAtOnce * known);
    if (step.qps < risesBy * known) return best && best.qps > step.qps ? best : step;
    best = step;
    known = step.qps;
  }
}
