/** The overload's result as text and as JSON. Pure. */
import type { ClientTally } from './client.ts';
import { judge, type OverloadResult, percent } from './verdict.ts';

export function formatResult(result: OverloadResult): string {
  const { threads, mostPerSecond, flood, accounts, processorShare, probes } = result;
  const reasons = Object.entries(probes).flatMap(([name, { unhealthy }]) =>
    Object.entries(unhealthy).map(([reason, count]) => `${name}: ${count} times ${reason}`),
  );
  const lines = [
    `${threads} listener threads: ${Math.round(mostPerSecond)} answers/s at most; ${Math.round(flood.sent / flood.seconds)}/s offered for ${flood.seconds.toFixed(0)} s; processor ${percent(processorShare)} used`,
    ...Object.entries(allClients(result)).map(([name, tally]) => clientLine(name, tally)),
    `datagrams: ${Object.entries(accounts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    ...reasons,
    ...judge(result).map(({ claim, holds, seen }) => `${holds ? 'holds' : 'FAILS'}: ${claim} (${seen})`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is written as JSON. */
export function writtenOf(result: OverloadResult): object {
  const { cookieClients: _, plainClient: __, ...rest } = result;
  const clients = Object.entries(allClients(result)).map(([name, tally]) => {
    const { latenciesMs, ...counts } = tally;
    return [name, { ...counts, p50Ms: at(latenciesMs, 0.5), p99Ms: at(latenciesMs, 0.99) }] as const;
  });
  return { ...rest, clients: Object.fromEntries(clients), judgements: judge(result) };
}

function allClients({ cookieClients, plainClient }: OverloadResult): Record<string, ClientTally> {
  return { ...cookieClients, 'without a cookie': plainClient };
}

function clientLine(
  name: string,
  { asked, atFirst, answered, wrong, sent, latenciesMs }: ClientTally,
): string {
  const times = [0.5, 0.99].map(share => at(latenciesMs, share)?.toFixed(1) ?? '-');
  return `${name}: ${asked} asked, ${percent(atFirst / asked)} answered at the first try, ${percent(answered / asked)} in ${sent} tries, ${wrong} wrong; p50 ${times[0]} ms, p99 ${times[1]} ms`;
}

function at(values: readonly number[], share: number): number | null {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * share)] ?? null;
}
