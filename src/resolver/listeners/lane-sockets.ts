/** The UDP sockets of one address: for each of its lanes (`lanes.ts`) one for each thread. */
import { parseIpAddress } from '../../ip/address.ts';
import {
  closeDescriptor,
  openUdpSocket,
  portOf,
  sharePort,
  whyNoBatchedUdp,
} from '../../system/batched-udp.ts';
import { describeError } from '../../system/fault.ts';
import { type Libc, openLibc } from '../../system/libc.ts';
import { chooseBy } from '../../system/socket-filter.ts';
import type { Log } from '../../telemetry/log.ts';
import type { LocalAddress } from './client.ts';
import { laneProgram, lanes } from './lanes.ts';
import { receiveBufferOctets } from './receive-buffer.ts';

/** What lanes need of the system, `opened` where it is already; undefined where there can be none, which the log says. */
export async function libcForLanes(log: Log, opened?: Libc): Promise<Libc | undefined> {
  const missing = opened ? undefined : await whyNoBatchedUdp();
  const libc = missing === undefined ? (opened ?? (await openLibc())) : undefined;
  const why = libc ? whyUnsorted(libc) : missing;
  if (why === undefined) return libc;
  log.info({ why }, 'no lanes: in an overload probes are dropped like anything else');
  return undefined;
}

/** What is against a program of ours in the kernel: some sandboxes take none. Tried on a socket that nobody knows. */
function whyUnsorted(libc: Libc): string | undefined {
  const endpoint = { octets: new Uint8Array(4), port: 0 };
  const fd = openUdpSocket(libc, { endpoint, joinsPort: true });
  try {
    chooseBy(libc, fd, laneProgram(4, 1));
    return undefined;
  } catch (error) {
    return describeError(error);
  } finally {
    closeDescriptor(libc, fd);
  }
}

export interface LaneSocketsOptions {
  readonly local: LocalAddress;
  readonly port: number;
  readonly threads: number;
  /** Whether there can be any (`libcForLanes`). */
  readonly hasLanes?: boolean;
}

export interface LaneSockets {
  readonly port: number;
  /**
   * Bound sockets, for each lane one for each thread: of a service address in all lanes, of others, and where there can be
   * no lanes, in the first alone.
   */
  readonly descriptors: readonly (readonly number[])[];
}

/** The first one takes the port for itself, so that whoever has it already is noticed. @throws The operating system's error. */
export function openLaneSockets(
  libc: Libc,
  { local, port: wanted, threads, hasLanes = true }: LaneSocketsOptions,
): LaneSockets {
  const octets = parseIpAddress(local.text)?.octets ?? new Uint8Array(4);
  const laneCount = local.kind === 'service' && hasLanes ? lanes.length : 1;
  const count = laneCount * threads;
  const opened: number[] = [];
  try {
    const first = openUdpSocket(libc, { endpoint: { octets, port: wanted }, receiveBufferOctets });
    opened.push(first);
    const endpoint = { octets, port: portOf(libc, first) };
    if (count > 1) sharePort(libc, first);
    while (opened.length < count)
      opened.push(openUdpSocket(libc, { endpoint, receiveBufferOctets, joinsPort: true }));
    if (laneCount > 1) chooseBy(libc, first, laneProgram(local.family, threads));
    const inLane = (lane: number): number[] => opened.slice(lane * threads, (lane + 1) * threads);
    return { port: endpoint.port, descriptors: Array.from({ length: laneCount }, (_, lane) => inLane(lane)) };
  } catch (error) {
    for (const fd of opened) closeDescriptor(libc, fd);
    throw error;
  }
}
