/** What an overload is judged by. Pure. */
import { type Judgement, mebibytes } from '../soak/verdict.ts';
import type { Flooded } from '../universe/flood.ts';
import type { ClientTally } from './client.ts';
import type { ProbeName, ProbeTally } from './probes.ts';

/** Of each client's questions, at the first try and with its retries. */
const leastShares = { atFirst: 0.99, answered: 0.999 } as const;
/** Of each check's verdicts. */
const leastHealthy = 0.99;
/** How much of what was sent may be in no account: the kernel's drops are read now and then, and some was under way at both looks. */
const lostShare = 0.001;

/** Where datagrams ended, by the resolver's own counters. */
export interface Accounts {
  readonly answered: number;
  /** Over the rate, or not worth a reply. */
  readonly limited: number;
  readonly ignored: number;
  /** Not taken from the threads in time. */
  readonly shed: number;
  /** By the kernel, before anybody saw them. */
  readonly receiveDrops: number;
}

export interface OverloadResult {
  readonly threads: number;
  /** Answers per second that it can give, without an overload. */
  readonly mostPerSecond: number;
  readonly flood: Flooded;
  readonly cookieClients: Readonly<Record<string, ClientTally>>;
  /** Not judged: what is to be had without a cookie. */
  readonly plainClient: ClientTally;
  readonly probes: Readonly<Record<ProbeName, ProbeTally>>;
  /** All that was sent over UDP while it was counted. */
  readonly sent: number;
  readonly accounts: Accounts;
  /** As `status` has them. */
  readonly statusDrops: number;
  readonly residentOctets: number;
  readonly residentBound: number;
  /** Of the resolver's processor. */
  readonly processorShare: number;
}

/** Less than twice, and nothing said of the rest is worth anything. */
const leastFactor = 1.9;

/** Whether as much was offered as it is about: the sender has one processor too, and may have to share it. */
export function isOverload({ flood, mostPerSecond }: OverloadResult): boolean {
  return flood.sent / flood.seconds >= leastFactor * mostPerSecond;
}

export function judge(result: OverloadResult): Judgement[] {
  const { cookieClients, probes, residentOctets, residentBound } = result;
  const { sent, accounts, statusDrops } = result;
  const least = (key: 'atFirst' | 'answered'): number =>
    Math.min(...Object.values(cookieClients).map(tally => tally[key] / tally.asked));
  const known = sumOf(accounts);
  return [
    {
      claim: `every client with a cookie gets ${percent(leastShares.atFirst)} at the first try`,
      holds: least('atFirst') >= leastShares.atFirst,
      seen: percent(least('atFirst')),
    },
    {
      claim: `and ${percent(leastShares.answered)} with its retries`,
      holds: least('answered') >= leastShares.answered,
      seen: percent(least('answered')),
    },
    ...Object.entries(probes).map(([name, tally]) => ({
      claim: `${percent(leastHealthy)} of the agent's verdicts of ${name} are healthy`,
      holds: healthyShare(tally) >= leastHealthy,
      seen: `${percent(healthyShare(tally))}, at most ${tally.longest} otherwise in a row`,
    })),
    {
      claim: `its memory stays within ${mebibytes(residentBound)}`,
      holds: residentOctets > 0 && residentOctets <= residentBound,
      seen: mebibytes(residentOctets),
    },
    {
      claim: `of what was sent, all but ${percent(lostShare)} is in an account`,
      holds: Math.abs(sent - known) <= sent * lostShare,
      seen: `${sent} sent, ${known} accounted for`,
    },
    {
      claim: '`status` says the same of drops as the metrics page',
      holds: statusDrops === accounts.receiveDrops,
      seen: `${statusDrops} and ${accounts.receiveDrops}`,
    },
  ];
}

function sumOf({ answered, limited, ignored, shed, receiveDrops }: Accounts): number {
  return answered + limited + ignored + shed + receiveDrops;
}

function healthyShare({ healthy, unhealthy, unknown }: ProbeTally): number {
  const others = Object.values(unhealthy).reduce((sum, count) => sum + count, unknown);
  return healthy + others === 0 ? 0 : healthy / (healthy + others);
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
