/** GoBGP's neighbours as `gobgp neighbor --json` shows them: JSON of the messages of its API (3.x). Pure. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { type IpFamily, parseIpAddress } from '../../ip/address.ts';
import type { RestartCapability, SeenSession } from '../router-probe.ts';

/** `PeerState.SessionState`, in the order of its numbers; 0, unknown, is left out of the JSON. */
const sessionStates = ['Unknown', 'Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'];

/** Only neighbours that `slice` names: GoBGP knows them by address and by nothing else. */
export function gobgpSessionsIn(json: string, { pop }: PopSlice): SeenSession[] {
  const shown = JSON.parse(json) as ShownNeighbour[] | { readonly error: string };
  if (!Array.isArray(shown)) throw new SyntaxError(shown.error);
  return shown.flatMap(({ conf, state, timers }) => {
    const address = parseIpAddress(conf?.neighbor_address ?? '');
    const neighbour = pop.neighbours.find(({ sessions }) =>
      sessions.some(({ remote }) => remote.text === address?.text),
    );
    if (!address || !neighbour) return [];
    const detail = sessionStates[state?.session_state ?? 0] ?? 'Unknown';
    const hold = timers?.state?.negotiated_hold_time;
    return [
      {
        neighbour: neighbour.name,
        family: address.family satisfies IpFamily,
        id: address.text,
        isEstablished: detail === 'Established',
        detail,
        ...(hold !== undefined && detail === 'Established' && { holdSeconds: hold }),
        // GoBGP has BFD since 4.6 only.
        bfd: 'none',
        restart: { ours: restartIn(state?.local_cap), neighbours: restartIn(state?.remote_cap) },
      } as const,
    ];
  });
}

interface ShownNeighbour {
  readonly conf?: { readonly neighbor_address?: string };
  readonly state?: {
    readonly session_state?: number;
    readonly local_cap?: readonly ShownCapability[];
    readonly remote_cap?: readonly ShownCapability[];
  };
  readonly timers?: { readonly state?: { readonly negotiated_hold_time?: number } };
}

interface ShownCapability {
  readonly type_url: string;
  /** A message of its own, as protocol buffers have it on the wire, in base64. */
  readonly value?: string;
}

function restartIn(capabilities: readonly ShownCapability[] = []): RestartCapability {
  const find = (name: string): Buffer | undefined => {
    const found = capabilities.find(({ type_url }) => type_url.endsWith(`.${name}`));
    return found && Buffer.from(found.value ?? '', 'base64');
  };
  const graceful = find('GracefulRestartCapability');
  const longLived = find('LongLivedGracefulRestartCapability');
  return {
    // `time` is field 2. Without a family in field 3 it only promises to help the other side.
    ...(graceful && { seconds: hasField(graceful, 3) ? numberField(graceful, 2) : 0 }),
    longLived: longLived !== undefined && hasField(longLived, 1),
  };
}

function hasField(message: Buffer, wanted: number): boolean {
  return [...fieldsIn(message)].some(({ field }) => field === wanted);
}

function numberField(message: Buffer, wanted: number): number {
  return [...fieldsIn(message)].find(({ field }) => field === wanted)?.value ?? 0;
}

/** Fields of a message that has varints (wire type 0) and nested messages (wire type 2) only, as these two do. */
function* fieldsIn(message: Buffer): Generator<{ readonly field: number; readonly value: number }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < message.length; shift += 7) {
      const octet = message[at] ?? 0;
      at += 1;
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const value = varint();
    yield { field: key >> 3, value };
    if ((key & 7) === 2) at += value;
  }
}
