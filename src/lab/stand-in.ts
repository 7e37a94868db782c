/**
 * A broken resolver in a healthy one's place, without touching the healthy one.
 *
 * The stand-in is a small program in the PoP's node that listens on the service address at a port of its own. nftables
 * rewrites the port of what comes for port 53 and, on the way out, of what the stand-in answers: payload rewriting without
 * connection tracking, so that inserting and deleting the table takes effect with the next packet, for old flows too.
 * The output hook rewrites as well: the agent's own probes must meet the stand-in, as a client would. The real resolver
 * keeps its sockets and its heartbeat, and stays reachable on the management address.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import type { IpAddress } from '../ip/address.ts';
import { Fault } from '../system/fault.ts';
import type { Stage } from './drill.ts';
import { nft, removal } from './faults/firewall.ts';
import { kitCommand } from './kit-command.ts';

export type StandInMode = 'servfail' | 'slow';
export const standInModes: readonly StandInMode[] = ['servfail', 'slow'];

/** Where the stand-in listens; nothing else in a PoP does. */
const standInPort = 5399;
/** Milliseconds a slow answer is held back: longer than a prober's patience and any latency budget. */
const holdMs = 1500;
const tableName = 'stand_in';
/** SERVFAIL, RFC 1035 section 4.1.1. */
const servfail = 2;

/** Starts the stand-in beside the PoP's resolver. */
export async function startStandIn(stage: Stage, mode: StandInMode): Promise<void> {
  const { lab, pop, serviceAddresses, props } = stage;
  const addresses = serviceAddresses.flatMap(address => ['--listen', address.text]);
  const upstream = stage.config.pops[pop]?.management.find(address => address.family === 4);
  const place = ['--port', String(standInPort), ...addresses, '--upstream', upstream?.text ?? ''];
  const child = lab.spawn(pop, kitCommand(lab.plan, 'stand-in', '--mode', mode, ...place));
  props.set('stand-in', child);
  const first = await Promise.race([once(child.stdout, 'data'), child.ended]);
  if (!Array.isArray(first)) {
    throw new Fault('internal', `the stand-in at ${pop} ended with ${first.exitCode} before it was ready`);
  }
}

/** Puts the stand-in in the place of the PoP's resolver. */
export async function insertStandIn(stage: Stage): Promise<void> {
  await nft(stage, stage.pop, ruleset(stage.serviceAddresses, stage.config.resolver.port));
}

/** Gives the place back to the resolver; the stand-in goes on and can be inserted again. */
export async function takeOutStandIn(stage: Stage): Promise<void> {
  await nft(stage, stage.pop, removal(tableName));
}

/** Gives the place back to the resolver for good. */
export async function removeStandIn(stage: Stage): Promise<void> {
  await takeOutStandIn(stage);
  await stage.props.get('stand-in')?.[Symbol.asyncDispose]();
  stage.props.delete('stand-in');
}

/** Both directions, both transports, for each service address. */
function ruleset(addresses: readonly IpAddress[], port: number): string {
  const rules = (match: 'daddr' | 'saddr'): string[] =>
    addresses.flatMap(({ family, text }) =>
      ['udp', 'tcp'].map(transport =>
        match === 'daddr'
          ? `    ip${family === 6 ? '6' : ''} daddr ${text} ${transport} dport ${port} ${transport} dport set ${standInPort}`
          : `    ip${family === 6 ? '6' : ''} saddr ${text} ${transport} sport ${standInPort} ${transport} sport set ${port}`,
      ),
    );
  return [
    removal(tableName),
    `table inet ${tableName} {`,
    '  chain incoming {',
    '    type filter hook prerouting priority raw;',
    ...rules('daddr'),
    '  }',
    '  chain outgoing {',
    '    type filter hook output priority raw;',
    ...rules('daddr'),
    ...rules('saddr'),
    '  }',
    '}',
  ].join('\n');
}

export interface StandInOptions {
  readonly mode: StandInMode;
  readonly listen: readonly IpAddress[];
  readonly port: number;
  /** Where a slow stand-in gets its answers. */
  readonly upstream: IpAddress;
  readonly upstreamPort: number;
}

/** The stand-in's program: serves until the signal aborts. `onReady` is called when all sockets are open. */
export async function runStandIn(
  options: StandInOptions,
  onReady: () => void,
  signal: AbortSignal,
): Promise<void> {
  const open: (Socket | Server)[] = [];
  for (const address of options.listen) {
    open.push(await listenUdp(address, options), await listenTcp(address, options));
  }
  onReady();
  await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }));
  for (const socket of open) socket.close();
}

async function listenUdp(address: IpAddress, options: StandInOptions): Promise<Socket> {
  const socket = createSocket(address.family === 4 ? 'udp4' : 'udp6');
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    if (options.mode === 'servfail') socket.send(asServfail(query), from.port, from.address);
    else relayUdp(query, options, answer => socket.send(answer, from.port, from.address));
  });
  socket.bind(options.port, address.text);
  await once(socket, 'listening');
  return socket;
}

/** Asks the real resolver at once and hands on its answer late. */
function relayUdp(query: Buffer, options: StandInOptions, onAnswer: (answer: Buffer) => void): void {
  const relay = createSocket(options.upstream.family === 4 ? 'udp4' : 'udp6');
  const giveUp = setTimeout(() => relay.close(), holdMs * 2);
  relay.on('error', () => undefined);
  relay.once('message', answer => {
    clearTimeout(giveUp);
    relay.close();
    setTimeout(() => onAnswer(answer), holdMs);
  });
  relay.send(query, options.upstreamPort, options.upstream.text);
}

async function listenTcp(address: IpAddress, options: StandInOptions): Promise<Server> {
  const server = createServer(client => {
    client.on('error', () => client.destroy());
    if (options.mode === 'servfail') {
      // One query per segment is what dig and the agent send; a stand-in need not do more.
      client.on('data', octets =>
        client.write(Buffer.concat([octets.subarray(0, 2), asServfail(octets.subarray(2))])),
      );
      return;
    }
    const relay = createConnection(options.upstreamPort, options.upstream.text);
    relay.on('error', () => client.destroy());
    relay.on('data', octets => setTimeout(() => client.write(octets), holdMs));
    client.on('data', octets => relay.write(octets));
    client.once('close', () => relay.destroy());
  });
  server.listen(options.port, address.text);
  await once(server, 'listening');
  return server;
}

/** The query made into its own SERVFAIL answer: QR set, rcode replaced (RFC 1035 section 4.1.1). */
function asServfail(query: Uint8Array): Uint8Array {
  const answer = Uint8Array.from(query);
  answer[2] = (answer[2] ?? 0) | 0x80;
  answer[3] = ((answer[3] ?? 0) & 0xf0) | servfail;
  return answer;
}
