/**
 * The prober: a client that asks the service address at a fixed rate and writes down what became of each query.
 *
 * The rate is shared evenly among the targets, which are asked one after the other at the same moment, for the same name: a
 * process that wakes costs more than a query, here and at everyone whom the query meets on its way. Each such round has a
 * name of its own below `zone`, so that no cache on the way can stand in for the service, and each query asks for NSID
 * (RFC 5001), so that every answer says which PoP gave it. Queries leave from several sockets, as those of several clients
 * would, each connected, so that the kernel matches the answers' source.
 *
 * What always holds: one sample per query, given once: when its answer or an ICMP error has arrived, or when `patienceMs`
 * have passed. An ICMP error names no query; it is taken for the last one sent, since it comes back within a round trip.
 * The schedule is absolute: a prober that was kept waiting sends what is due, and each sample has the time it was really
 * sent. Nothing is sent again.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeMessage, encodeMessage, type Message } from '../../dns/message.ts';
import { type Name, parseName } from '../../dns/name.ts';
import { nsidRequest, readNsid } from '../../dns/options/nsid.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { IpAddress } from '../../ip/address.ts';
import type { Clock } from '../../system/clock.ts';
import type { Sample } from './sample.ts';

export interface ProbeOptions {
  readonly targets: readonly IpAddress[];
  readonly port: number;
  /** Queries per second in all; read before each sending. */
  readonly rate: () => number;
  /** How long to send. */
  readonly durationMs: number;
  /** How long to wait for each answer. */
  readonly patienceMs: number;
  /** The zone whose wildcard answers, presentation form. */
  readonly zone: string;
}

/** Source ports per target. */
const socketsPerTarget = 8;
/** Milliseconds between looks at what is still waited for at the end, and between two sendings at the least. */
const lastLooksMs = 5;
const shortestSleepMs = 1;

/** Sends until `durationMs` have passed or the signal aborts, then waits for the last answers. */
export async function probe(
  options: ProbeOptions,
  { signal, clock, onSample }: { signal: AbortSignal; clock: Clock; onSample: (sample: Sample) => void },
): Promise<void> {
  const lanes = await openLanes(options, clock, onSample);
  try {
    const token = randomBytes(4).toString('hex');
    const nameOf = (round: number): Name => probeName(`q${round}-${token}.${options.zone}`);
    const { length: atOnce } = options.targets;
    let dueMs = clock.monotonicMs();
    const endMs = dueMs + options.durationMs;
    for (let round = 0; dueMs < endMs && !signal.aborted; ) {
      const pauseMs = (1000 * atOnce) / options.rate();
      for (; dueMs <= clock.monotonicMs() && dueMs < endMs; round += 1) {
        const name = nameOf(round);
        for (let one = 0; one < atOnce; one += 1) lanes[(round * atOnce + one) % lanes.length]?.send(name);
        dueMs += pauseMs;
      }
      for (const lane of lanes) lane.expire();
      await clock.sleep(Math.max(shortestSleepMs, dueMs - clock.monotonicMs()));
    }
    while (lanes.some(lane => lane.waiting())) {
      for (const lane of lanes) lane.expire();
      await clock.sleep(lastLooksMs);
    }
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** One socket to one target with the queries that wait on it. */
interface Lane {
  send(name: Name): void;
  /** Gives up the queries whose time is over. */
  expire(): void;
  waiting(): boolean;
  close(): void;
}

async function openLanes(
  options: ProbeOptions,
  clock: Clock,
  onSample: (sample: Sample) => void,
): Promise<Lane[]> {
  const lanes: Lane[] = [];
  for (let index = 0; index < socketsPerTarget; index += 1) {
    for (const target of options.targets) {
      lanes.push(await openLane({ target, options, clock, onSample }));
    }
  }
  return lanes;
}

interface LaneParts {
  readonly target: IpAddress;
  readonly options: ProbeOptions;
  readonly clock: Clock;
  readonly onSample: (sample: Sample) => void;
}

async function openLane({ target, options, clock, onSample }: LaneParts): Promise<Lane> {
  const socket = await connectedSocket(target, options.port);
  const { family } = target;
  // Insertion order is sending order, which `expire` relies on.
  const pending = new Map<number, number>();
  socket.on('message', octets => {
    const answeredMs = clock.monotonicMs();
    const answer = readAnswer(octets);
    const sentMs = answer && pending.get(answer.id);
    if (!answer || sentMs === undefined || !pending.delete(answer.id)) return;
    const pop = answer.edns && readNsid(answer.edns);
    onSample({ family, sentMs, answeredMs, rcode: answer.rcode, ...(pop && { pop: decoder.decode(pop) }) });
  });
  const refused = (id: number): void => {
    const sentMs = pending.get(id);
    if (sentMs === undefined) return;
    pending.delete(id);
    onSample({ family, sentMs, refusedMs: clock.monotonicMs() });
  };
  socket.on('error', error => {
    const last = [...pending.keys()].at(-1);
    if (isRefusal(error) && last !== undefined) refused(last);
  });
  return {
    send(name) {
      const id = randomId(pending);
      pending.set(id, clock.monotonicMs());
      // An ICMP error that nobody has read yet ends the next query before it is sent (udp(7)); what else goes wrong here is
      // an unanswered query, which `expire` reports.
      socket.send(query(id, name), error => {
        if (error && isRefusal(error)) refused(id);
      });
    },
    expire() {
      const before = clock.monotonicMs() - options.patienceMs;
      for (const [id, sentMs] of pending) {
        if (sentMs > before) break;
        pending.delete(id);
        onSample({ family, sentMs });
      }
    },
    waiting: () => pending.size > 0,
    close: () => void socket.close(),
  };
}

const decoder = new TextDecoder();

async function connectedSocket(target: IpAddress, port: number): Promise<Socket> {
  const socket = createSocket(target.family === 4 ? 'udp4' : 'udp6');
  socket.on('error', () => undefined);
  socket.connect(port, target.text);
  await once(socket, 'connect');
  return socket;
}

/** What a connected socket is told of ICMP: port, host, network unreachable (udp(7)). */
function isRefusal(error: NodeJS.ErrnoException): boolean {
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].includes(error.code ?? '');
}

function query(id: number, name: Name): Uint8Array {
  return encodeMessage({
    id,
    opcode: 0,
    rcode: 0,
    flags: { qr: false, aa: false, tc: false, rd: true, ra: false, ad: false, cd: false },
    questions: [{ name, type: recordTypes.TXT, class: recordClasses.IN }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [nsidRequest] },
  });
}

/** The answer in these octets, or undefined: whatever else arrives is no answer. */
function readAnswer(octets: Uint8Array): Message | undefined {
  try {
    const message = decodeMessage(octets);
    return message.flags.qr ? message : undefined;
  } catch {
    return undefined;
  }
}

function randomId(taken: ReadonlyMap<number, number>): number {
  for (;;) {
    const id = randomBytes(2).readUInt16BE();
    if (!taken.has(id)) return id;
  }
}

function probeName(text: string): Name {
  const name = parseName(text);
  if (!name) throw new TypeError(`${text} is no domain name`);
  return name;
}
