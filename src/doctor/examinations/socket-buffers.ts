/** How many queries the kernel keeps while the resolver is busy, and whether it has had to drop any. */
import { readFileIfAny } from '../../system/files.ts';
import type { Examination } from '../examination.ts';
import { type Finding, pass, skip, warn } from '../finding.ts';
import { readSysctl, setSysctl } from '../host/sysctl.ts';

/**
 * What the resolver asks for each UDP socket (`resolver/listeners/udp.ts`): a tenth of a second at 40 000 queries a second.
 * The kernel grants no more than rmem_max.
 */
const receiveOctets = 4 * 1024 * 1024;

/** The kernel's own default; the resolver leaves its send buffer as it is. */
const sendOctets = 212_992;

/** Connections that may wait to be accepted; Node asks for as many. */
const waitingConnections = 511;

/** A backlog at its default while packets were dropped from it is too short. */
const defaultBacklog = 1000;

export const socketBuffersExamination: Examination = {
  name: 'socket-buffers',
  looksAt: 'socket buffers',
  needs: 'host',
  async examine() {
    const core = (name: string): Promise<number | undefined> => readSysctl(['net', 'core', name]);
    return [
      judgeAtLeast(['net', 'core', 'rmem_max'], await core('rmem_max'), {
        wanted: receiveOctets,
        otherwise: 'queries are lost when the resolver pauses',
      }),
      judgeAtLeast(['net', 'core', 'wmem_max'], await core('wmem_max'), {
        wanted: sendOctets,
        otherwise: 'less than a kernel has by default: answers are lost in bursts',
      }),
      judgeAtLeast(['net', 'core', 'somaxconn'], await core('somaxconn'), {
        wanted: waitingConnections,
        otherwise: 'DNS over TCP refuses bursts of connections',
      }),
      judgeBacklog(await core('netdev_max_backlog'), (await readFileIfAny('/proc/net/softnet_stat')) ?? ''),
      judgeDrops((await readFileIfAny('/proc/net/snmp')) ?? ''),
    ];
  },
};

export function judgeAtLeast(
  key: readonly string[],
  value: number | undefined,
  { wanted, otherwise }: { readonly wanted: number; readonly otherwise: string },
): Finding {
  const about = key.at(-1) ?? '';
  if (value === undefined) return skip(about, 'not shown in this network namespace');
  if (value >= wanted) return pass(about, String(value));
  return warn(about, `${value}, less than ${wanted}: ${otherwise}`, ...setSysctl(key, wanted));
}

/** Second column of softnet_stat, one line per processor: packets for which the backlog had no room since boot. */
export function judgeBacklog(backlog: number | undefined, softnetStat: string): Finding {
  const about = 'netdev_max_backlog';
  if (backlog === undefined) return skip(about, 'not shown in this network namespace');
  const dropped = softnetStat
    .split('\n')
    .filter(Boolean)
    .reduce((sum, line) => sum + Number.parseInt(line.split(' ')[1] ?? '0', 16), 0);
  if (dropped === 0) return pass(about, `${backlog}, and no packet was dropped since boot`);
  const said = `${backlog}: ${dropped} packets were dropped since boot`;
  if (backlog > defaultBacklog) return pass(about, said);
  return warn(about, said, ...setSysctl(['net', 'core', about], defaultBacklog * 10));
}

/** `Udp:` lines of /proc/net/snmp: names, then numbers. */
export function judgeDrops(snmp: string): Finding {
  const about = 'UDP drops';
  const [names = [], numbers = []] = snmp
    .split('\n')
    .filter(line => line.startsWith('Udp:'))
    .map(line => line.split(' '));
  const counter = (name: string): number => Number(numbers[names.indexOf(name)] ?? Number.NaN);
  const dropped = counter('RcvbufErrors');
  const received = counter('InDatagrams');
  if (Number.isNaN(dropped)) return skip(about, '/proc/net/snmp does not say');
  const said = `${dropped} for want of buffer, of ${dropped + received} datagrams since boot`;
  // One in a thousand is what a client's resolver retries without anybody noticing.
  return dropped * 1000 > received
    ? warn(about, said, {
        advice: 'larger buffers help against bursts; against steady load only more PoPs do',
      })
    : pass(about, said);
}
