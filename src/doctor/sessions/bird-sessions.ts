/** BIRD's BGP sessions in `show protocols all`, and their BFD in `show bfd sessions`. Pure. */
import { parseIpAddress } from '../../ip/address.ts';
import type { BirdReply } from '../../routing/bird/bird-reply.ts';
import { sessionOf } from '../../routing/bird/session-name.ts';
import type { RestartCapability, SeenSession } from '../router-probe.ts';

/** The version in `show status`, whose first line is `BIRD 2.0.12`. */
export function birdVersionIn(reply: BirdReply): string | undefined {
  return reply.lines.map(({ text }) => /^BIRD v?(\d[\w.]*)/.exec(text)?.[1]).find(Boolean);
}

export function birdSessionsIn(protocols: BirdReply, bfd: BirdReply): SeenSession[] {
  const bfdSessions = bfdSessionsIn(bfd);
  return protocolBlocks(protocols)
    .filter(({ words }) => words[1] === 'BGP')
    .map(({ words, lines }) => {
      const [id = '', , , state = '', , ...info] = words;
      const neighbour = parseIpAddress(valueAt(lines, 'Neighbor address')?.split('%')[0] ?? '');
      const hold = /\/(\d+)$/.exec(valueAt(lines, 'Hold timer') ?? '')?.[1];
      return {
        ...sessionOf(id),
        id,
        isEstablished: state === 'up',
        detail: info.join(' ') || state,
        ...(hold !== undefined && { holdSeconds: Number(hold) }),
        ...(bfdSessions.get(neighbour?.text ?? '') ?? { bfd: 'none' }),
        restart: {
          ours: restartIn(section(lines, 'Local capabilities')),
          neighbours: restartIn(section(lines, 'Neighbor capabilities')),
        },
      };
    });
}

/** By the neighbour's address. The columns are address, interface, state, since, interval and timeout, in seconds. */
function bfdSessionsIn(reply: BirdReply): ReadonlyMap<string, Pick<SeenSession, 'bfd' | 'bfdTimeoutMs'>> {
  const rows = reply.lines.map(({ text }) => text.trim().split(/\s+/));
  return new Map(
    rows.flatMap(([address = '', , state, , , timeout]) => {
      const known = parseIpAddress(address.split('%')[0] ?? '');
      if (!known) return [];
      const isUp = state === 'Up';
      return [
        [
          known.text,
          isUp ? { bfd: 'up', bfdTimeoutMs: Math.round(Number(timeout) * 1000) } : { bfd: 'down' },
        ],
      ] as const;
    }),
  );
}

interface ProtocolBlock {
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

/** A protocol is a line 1002 that begins with its name, and the lines 1006 after it. */
function protocolBlocks({ lines }: BirdReply): ProtocolBlock[] {
  const blocks: { words: string[]; lines: string[] }[] = [];
  for (const { code, text } of lines) {
    if (code === 1002) blocks.push({ words: text.trim().split(/\s+/), lines: [] });
    else if (code === 1006) blocks.at(-1)?.lines.push(text);
  }
  return blocks;
}

function valueAt(lines: readonly string[], label: string): string | undefined {
  const line = lines.find(each => each.trim().startsWith(`${label}:`));
  return line?.slice(line.indexOf(':') + 1).trim();
}

/** The lines below a heading that are further in than it. */
function section(lines: readonly string[], heading: string): readonly string[] {
  const from = lines.findIndex(line => line.trim() === heading);
  if (from < 0) return [];
  const rest = lines.slice(from + 1);
  const to = rest.findIndex(line => indent(line) <= indent(lines[from] ?? ''));
  return to < 0 ? rest : rest.slice(0, to);
}

function indent(line: string): number {
  return line.length - line.trimStart().length;
}

/** `Restart time` is missing where a side only offers to help. */
function restartIn(capabilities: readonly string[]): RestartCapability {
  const graceful = capabilities.some(line => line.trim() === 'Graceful restart');
  const longLived = valueAt(section(capabilities, 'Long-lived graceful restart'), 'LL stale time');
  const seconds = valueAt(section(capabilities, 'Graceful restart'), 'Restart time');
  return { ...(graceful && { seconds: Number(seconds ?? 0) }), longLived: Number(longLived ?? 0) > 0 };
}
