/**
 * Connection tracking in front of port 53.
 *
 * Each query is a flow of its own: a table of 262 144 entries and 30 s for UDP is full at some 9000 queries a second, and
 * a full table drops packets of everybody. The kernel tracks only once a rule asks for it (`ct`, NAT), so an empty table
 * beside a loaded module costs nothing.
 */
import { readFileIfAny } from '../../system/files.ts';
import { run } from '../../system/run.ts';
import type { Examination } from '../examination.ts';
import { type Finding, pass, type Remedy, skip, warn } from '../finding.ts';

const folder = '/proc/sys/net/netfilter';

export const conntrackExamination: Examination = {
  name: 'conntrack',
  looksAt: 'connection tracking',
  needs: 'host',
  async examine({ slice, signal }) {
    const number = async (name: string): Promise<number | undefined> => {
      const text = await readFileIfAny(`${folder}/${name}`);
      return text === undefined ? undefined : Number(text);
    };
    return [
      judgeConntrack({
        count: await number('nf_conntrack_count'),
        max: await number('nf_conntrack_max'),
        rules: await readRules(signal),
        port: slice?.config.resolver.port ?? 53,
      }),
    ];
  },
};

export interface TrackingSeen {
  /** Flows that are tracked now; undefined when the module is not loaded. */
  readonly count: number | undefined;
  readonly max: number | undefined;
  /** What `nft list ruleset` prints; undefined when this user may not see it. */
  readonly rules: string | undefined;
  readonly port: number;
}

export function judgeConntrack({ count, max, rules, port }: TrackingSeen): Finding {
  const about = `port ${port}`;
  if (count === undefined) return pass(about, 'connection tracking is not loaded');
  const said = `${count} of ${max ?? '?'} flows tracked`;
  if (rules === undefined) {
    if (count === 0) return pass(about, 'connection tracking is loaded and tracks nothing');
    return skip(about, `${said}; only root may see whether port ${port} is left out`);
  }
  if (!tracks(rules)) return pass(about, 'no rule of the firewall tracks connections');
  if (leavesOut(rules, port)) return pass(about, `left out by a notrack rule; ${said}`);
  return warn(
    about,
    `each query takes an entry, and a full table drops everything; ${said}`,
    ...notrackRules(port),
  );
}

/** Rules that make the kernel track: matches on `ct`, and address translation. */
function tracks(rules: string): boolean {
  return /\bct (?!helper|timeout)|\b(?:masquerade|snat|dnat|redirect)\b/.test(rules);
}

/** A `notrack` for the port on the way in; iptables' `-j CT --notrack` reads the same here. */
function leavesOut(rules: string, port: number): boolean {
  return rules
    .split('\n')
    .filter(line => /\bnotrack\b/.test(line) && /\bdport\b/.test(line))
    .some(line => portsAfter('dport', line).includes(port));
}

/** Ports of `dport 53`, `dport { 53, 853 }` and `dport 53-60`, ends only. */
function portsAfter(word: string, line: string): number[] {
  const [, list = ''] = new RegExp(`${word} (\\{[^}]*\\}|\\S+)`).exec(line) ?? [];
  return (list.match(/\d+/g) ?? []).map(Number);
}

function notrackRules(port: number): readonly Remedy[] {
  const add = (chain: string, match: string): Remedy => ({
    run: `nft add rule inet anycast ${chain} meta l4proto '{ udp, tcp }' th ${match} ${port} notrack`,
  });
  return [
    { run: 'nft add table inet anycast' },
    { run: "nft add chain inet anycast in '{ type filter hook prerouting priority raw; }'" },
    { run: "nft add chain inet anycast out '{ type filter hook output priority raw; }'" },
    add('in', 'dport'),
    add('out', 'sport'),
    { advice: 'rules that let in what is "established" must then let in untracked packets of this port' },
  ];
}

/** Undefined where there is no nft, or this user may not list its rules. */
async function readRules(signal: AbortSignal): Promise<string | undefined> {
  try {
    const listed = await run(['nft', 'list', 'ruleset'], { signal });
    return listed.exitCode === 0 && !/not permitted/.test(listed.stderr) ? listed.stdout : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
