/** Reading BIRD's tables: the sessions in `show protocols`, the routes in `show route exported SESSION all`. Pure. */
import { type IpPrefix, parseIpPrefix } from '../../ip/prefix.ts';
import type { Announcement } from '../announcement.ts';
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

/**
 * The routes of `show route ... all` that came from a static protocol, as they stand in BIRD's table: before BGP adds our
 * own AS number, so that the whole path is prepends. The table's name and lines of a next hop are passed over.
 */
export function announcementsIn(reply: BirdReply): Announcement[] {
  const routes: ShownRoute[] = [];
  for (const { code, text } of reply.lines) {
    const prefix = code === birdCodes.routes ? parseIpPrefix(text.split(' ', 1)[0] ?? '') : undefined;
    if (prefix) routes.push({ prefix, attributes: new Map() });
    else if (code === birdCodes.attributes) addAttribute(routes.at(-1)?.attributes, text);
  }
  return routes.map(announcement);
}

/** What BIRD 2 calls `BGP.med` is `bgp_med` in BIRD 3; here it is `med`. */
interface ShownRoute {
  readonly prefix: IpPrefix;
  readonly attributes: Map<string, string>;
}

/** `<tab>NAME: VALUE`, or `<tab><tab>VALUE` where BIRD broke a long list. */
function addAttribute(attributes: Map<string, string> | undefined, line: string): void {
  const [, name, value = ''] = /^\t(?:BGP\.|bgp_)(\w+): ?(.*)$/.exec(line) ?? [];
  const [last] = [...(attributes?.keys() ?? [])].slice(-1);
  if (name !== undefined) attributes?.set(name === 'as_path' ? 'path' : name, value);
  else if (line.startsWith('\t\t') && last !== undefined)
    attributes?.set(last, `${attributes.get(last)} ${line.trim()}`);
}

function announcement({ prefix, attributes }: ShownRoute): Announcement {
  const tuples = (name: string): number[][] =>
    [...(attributes.get(name) ?? '').matchAll(/\(([\d, ]+)\)/g)].map(([, parts = '']) =>
      parts.split(',').map(Number),
    );
  const med = attributes.get('med');
  return {
    prefix,
    communities: tuples('community').map(([asn = 0, value = 0]) => [asn, value] as const),
    largeCommunities: tuples('large_community').map(
      ([asn = 0, first = 0, second = 0]) => [asn, first, second] as const,
    ),
    prepend: (attributes.get('path') ?? '').match(/\d+/g)?.length ?? 0,
    ...(med !== undefined && { med: Number(med) }),
  };
}
