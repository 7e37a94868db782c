/**
 * The GoBGP driver: announcements become paths that gobgpd originates, told over gRPC on a Unix socket. For GoBGP 3.x
 * (`apipb`; tested with 3.10); 4.x speaks another API.
 *
 * A round: ask for the paths that came over gRPC; send what is missing and take back what is too much, in one message that
 * GoBGP accepts or refuses as a whole. What always holds:
 *
 * - Applying is idempotent and heals: a path that somebody else changed or added is put right, a fallback prefix that was
 *   taken away is announced again.
 * - A path that changes is replaced in one step: its prefix is never withdrawn in between.
 * - A gobgpd that was restarted knows nothing. A watch stream ends when gobgpd does, so that even a restart between two
 *   observations is noticed: the next one then fails, once, and the agent applies everything again.
 *
 * `observe` reads what the export policy lets out to each established session. GoBGP keeps no record of what it has sent:
 * it works this table out from its routes when asked.
 *
 * Not here: starting gobgpd, its policies, and the first announcement of the fallback prefixes (the sidecar), deciding and
 * retrying (the agent).
 */
import { parseIpAddress } from '../../ip/address.ts';
import { Fault } from '../../system/fault.ts';
import type { Announcement } from '../announcement.ts';
import { connectGobgp, type GobgpControl, type GobgpPeer } from '../gobgp/gobgp-control.ts';
import { gobgpFolder } from '../gobgp/gobgp-folder.ts';
import { prefixOf, sentAttributes } from '../gobgp/gobgp-path.ts';
import { originate } from '../gobgp/own-paths.ts';
import type { ExportedRoute, Observation, RouteDriver, RouteDriverKind, Session } from '../route-driver.ts';

export const gobgpDriver: RouteDriverKind = {
  kind: 'gobgp',
  create: runDirectory => new GobgpRoutes(gobgpFolder(runDirectory).apiSocket),
};

class GobgpRoutes implements RouteDriver {
  readonly kind = 'gobgp';
  readonly #socket: string;
  #control: GobgpControl | undefined;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async apply(desired: readonly Announcement[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#control?.isClosed) this.#control = undefined;
    await originate(desired, await this.#connected(signal), signal);
  }

  async observe(signal: AbortSignal): Promise<Observation> {
    signal.throwIfAborted();
    if (this.#control?.isClosed) {
      this.#control = undefined;
      throw new Fault('unreachable', `the GoBGP at ${this.#socket} has ended`, {
        hint: 'one that answers there now is another, and announces only what it is told anew',
      });
    }
    const control = await this.#connected(signal);
    const peers = (await control.peers(signal)).map(peer => ({ peer, session: sessionOf(peer) }));
    const exported = new Map<string, ExportedRoute[]>();
    for (const { peer, session } of peers.filter(each => each.session.state === 'established')) {
      const { neighbour, family } = session;
      const paths = await control.paths({ family, sentTo: peer.conf.neighbor_address }, signal);
      for (const path of paths) {
        const prefix = prefixOf(path);
        if (!prefix) continue;
        const route = { neighbour, ...sentAttributes(path, control.asn) };
        exported.set(prefix.text, [...(exported.get(prefix.text) ?? []), route]);
      }
    }
    return { exported, sessions: peers.map(({ session }) => session) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control?.close();
  }

  async #connected(signal: AbortSignal): Promise<GobgpControl> {
    this.#control ??= await connectGobgp(this.#socket, signal);
    return this.#control;
  }
}

/** The sidecar's configuration has the neighbour's name as the peer's description. */
function sessionOf({ conf, state }: GobgpPeer): Session {
  const isDisabled = state.admin_state !== 'UP';
  return {
    neighbour: conf.description || conf.neighbor_address,
    family: parseIpAddress(conf.neighbor_address)?.family ?? 4,
    state: state.session_state === 'ESTABLISHED' ? 'established' : 'down',
    detail: isDisabled ? 'disabled' : state.session_state.toLowerCase(),
  };
}
