/** The agent's own checks of the service address, at their own pace, and what they would say. */

import { dnsCheck } from '../../../src/health/checks/dns.ts';
import { livenessCheck } from '../../../src/health/checks/liveness.ts';
import type { HealthCheck } from '../../../src/health/health-check.ts';
import { verdicts } from '../../../src/health/schedule.ts';
import { parseIpAddress } from '../../../src/ip/address.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { places } from '../universe/zones.ts';

export interface ProbeTally {
  healthy: number;
  /** By reason. */
  readonly unhealthy: Record<string, number>;
  unknown: number;
  /** The most unhealthy verdicts in a row: the agent believes three. */
  longest: number;
}

/** Milliseconds, as the agent has them by default: between probes, and for one. */
const intervalMs = 250;
const timeoutMs = 150;

export const probeNames = ['dns over UDP', 'dns over TCP', 'liveness'] as const;
export type ProbeName = (typeof probeNames)[number];

const checks: Readonly<Record<ProbeName, { readonly check: HealthCheck; readonly options: unknown }>> = {
  'dns over UDP': {
    check: dnsCheck as HealthCheck,
    options: dnsCheck.options.parse({ transports: ['udp'] }),
  },
  'dns over TCP': {
    check: dnsCheck as HealthCheck,
    options: dnsCheck.options.parse({ transports: ['tcp'] }),
  },
  liveness: { check: livenessCheck as HealthCheck, options: {} },
};

export function createProbeTallies(): Record<ProbeName, ProbeTally> {
  const tally = (): ProbeTally => ({ healthy: 0, unhealthy: {}, unknown: 0, longest: 0 });
  return { 'dns over UDP': tally(), 'dns over TCP': tally(), liveness: tally() };
}

/** Until the signal aborts. */
export async function probe(
  tallies: Record<ProbeName, ProbeTally>,
  runDirectory: string,
  signal: AbortSignal,
): Promise<void> {
  const addresses = (text: string) => [parseIpAddress(text)].flatMap(address => address ?? []);
  const context = {
    signal,
    clock: systemClock,
    pop: 'fra',
    serviceAddresses: addresses(places.service),
    managementAddresses: addresses(places.anycast),
    servicePort: 53,
    runDirectory,
  };
  const schedule = { interval: intervalMs, fastInterval: intervalMs, timeout: timeoutMs, context };
  await Promise.all(
    probeNames.map(async name => {
      const tally = tallies[name];
      let inARow = 0;
      const asked = verdicts({
        ...schedule,
        ...checks[name],
        isChanging: () => false,
        random: Math.random,
      });
      for await (const { verdict } of asked) {
        if (signal.aborted) return;
        if (verdict.kind !== 'unhealthy') {
          tally[verdict.kind] += 1;
          inARow = 0;
          continue;
        }
        tally.unhealthy[verdict.reason] = (tally.unhealthy[verdict.reason] ?? 0) + 1;
        inARow += 1;
        tally.longest = Math.max(tally.longest, inARow);
      }
    }),
  );
}
