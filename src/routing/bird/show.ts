/** Reading BIRD's tables: the sessions in `show protocols`, the prefixes in `show route`. Pure. */
import { type IpPrefix, parseIpPrefix } from '../../ip/prefix.ts';
import type { Session } from '../route-driver.ts';
import { type BirdReply, birdCodes } from './bird-reply.ts';
import { sessionOf } from './session-name.ts';

export interface ShownSession extends Session {
  /** BIRD's own name of it. */
  readonly protocol: string;
}

/** The BGP sessions of `show protocols`: name, protocol, table, state, since, then BIRD's own words. */
export function sessionsIn(reply: BirdReply): ShownSession[] {
  return reply.lines
    .filter(({ code }) => code === birdCodes.protocols)
    .map(({ text }) => text.trim().split(/\s+/))
    .filter(([, protocol]) => protocol === 'BGP')
    .map(([protocol = '', , , state = '', , ...info]) => ({
      ...sessionOf(protocol),
      protocol,
      // A BGP protocol is `up` exactly while its session is established.
      state: state === 'up' ? 'established' : 'down',
      detail: info.join(' ') || state,
    }));
}

/** The prefixes of `show route`. A second path to the same prefix and the table's name begin otherwise, and are passed over. */
export function prefixesIn(reply: BirdReply): IpPrefix[] {
  return reply.lines
    .filter(({ code }) => code === birdCodes.routes)
    .map(({ text }) => parseIpPrefix(text.split(' ', 1)[0] ?? ''))
    .filter(prefix => prefix !== undefined);
}
