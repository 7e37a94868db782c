/** A connection to one gobgpd: its sessions, its paths, and the end of it. */
import type { IpFamily } from '../../ip/address.ts';
import { type IpPrefix, parseIpPrefix } from '../../ip/prefix.ts';
import { Fault } from '../../system/fault.ts';
import { type GobgpPath, gobgpFamily } from './gobgp-path.ts';
import { type GrpcChannel, openGrpcChannel } from './grpc-channel.ts';

/** A peer as ListPeer shows it. */
export interface GobgpPeer {
  readonly conf: { readonly neighbor_address: string; readonly description: string };
  readonly state: { readonly session_state: string; readonly admin_state: string };
}

/** All but `close` throw Fault `unreachable` or `refused`, or the signal's reason. */
export interface GobgpControl {
  /** Its own AS number. */
  readonly asn: number;
  /** Whether this gobgpd is gone, or has told us that it goes. One that answers later is another, which knows nothing. */
  readonly isClosed: boolean;
  peers(signal: AbortSignal): Promise<readonly GobgpPeer[]>;
  /** The paths of the main table, or those that the peer at `sentTo` is sent. */
  paths(of: PathQuery, signal: AbortSignal): Promise<readonly GobgpPath[]>;
  /** Adds paths, and takes away those marked `is_withdraw`: all of them, or none when one is refused. */
  change(paths: readonly GobgpPath[], signal: AbortSignal): Promise<void>;
  /** The prefixes of a prefix set of its configuration; none when there is no such set. */
  prefixSet(name: string, signal: AbortSignal): Promise<readonly IpPrefix[]>;
  close(): void;
}

export interface PathQuery {
  readonly family: IpFamily;
  readonly sentTo?: string;
}

/**
 * Connects to the gobgpd that listens at `path`, once it has read its whole configuration: policies come before peers.
 * @throws Fault `unreachable` when none does, or it is not that far.
 */
export async function connectGobgp(path: string, signal: AbortSignal): Promise<GobgpControl> {
  signal.throwIfAborted();
  const channel = await openGrpcChannel(path);
  try {
    const { global } = await channel.ask<{ global: { asn: number } }>('GetBgp', {}, signal);
    const peers = await channel.list<object>('ListPeer', {}, signal);
    if (global.asn === 0 || peers.length === 0)
      throw new Fault('unreachable', `GoBGP at ${path} is still reading its configuration`);
    return new Control(channel, global.asn);
  } catch (error) {
    channel[Symbol.dispose]();
    throw error;
  }
}

class Control implements GobgpControl {
  readonly asn: number;
  isClosed = false;
  readonly #channel: GrpcChannel;

  constructor(channel: GrpcChannel, asn: number) {
    this.#channel = channel;
    this.asn = asn;
    void channel.untilEnded('WatchEvent', { peer: {} }).then(() => this.close());
  }

  async peers(signal: AbortSignal): Promise<readonly GobgpPeer[]> {
    const replies = await this.#channel.list<{ peer: GobgpPeer }>('ListPeer', {}, signal);
    return replies.map(({ peer }) => peer);
  }

  async paths({ family, sentTo }: PathQuery, signal: AbortSignal): Promise<readonly GobgpPath[]> {
    const table = sentTo === undefined ? { table_type: 'GLOBAL' } : { table_type: 'ADJ_OUT', name: sentTo };
    const replies = await this.#channel.list<{ destination: { paths: GobgpPath[] } }>(
      'ListPath',
      { ...table, family: gobgpFamily(family) },
      signal,
    );
    return replies.flatMap(({ destination }) => destination.paths);
  }

  async change(paths: readonly GobgpPath[], signal: AbortSignal): Promise<void> {
    await this.#channel.send('AddPathStream', { table_type: 'GLOBAL', paths }, signal);
  }

  async prefixSet(name: string, signal: AbortSignal): Promise<readonly IpPrefix[]> {
    const replies = await this.#channel.list<{ defined_set: { prefixes: { ip_prefix: string }[] } }>(
      'ListDefinedSet',
      { defined_type: 'PREFIX', name },
      signal,
    );
    return replies
      .flatMap(({ defined_set }) => defined_set.prefixes)
      .map(({ ip_prefix }) => parseIpPrefix(ip_prefix))
      .filter(prefix => prefix !== undefined);
  }

  close(): void {
    this.isClosed = true;
    this.#channel[Symbol.dispose]();
  }
}
