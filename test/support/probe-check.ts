/** Asks a check once, as the schedule does: its options as written in anycast.yaml, and a signal that aborts in time. */
import assert from 'node:assert/strict';
import type { CheckContext, HealthCheck, Verdict } from '../../src/health/health-check.ts';
import { type IpAddress, parseIpAddress } from '../../src/ip/address.ts';
import { systemClock } from '../../src/system/clock.ts';

export interface ProbeSetting {
  readonly timeoutMs?: number;
  readonly serviceAddresses?: readonly string[];
  readonly managementAddresses?: readonly string[];
  readonly servicePort?: number;
}

export function addressesOf(texts: readonly string[]): IpAddress[] {
  return texts.map(text => {
    const address = parseIpAddress(text);
    assert.ok(address, `${text} is an address`);
    return address;
  });
}

export function contextOf(setting: ProbeSetting = {}): CheckContext {
  const timeoutMs = setting.timeoutMs ?? 5000;
  return {
    clock: systemClock,
    signal: AbortSignal.timeout(timeoutMs),
    timeoutMs,
    pop: 'fra',
    serviceAddresses: addressesOf(setting.serviceAddresses ?? ['127.0.0.1']),
    managementAddresses: addressesOf(setting.managementAddresses ?? []),
    servicePort: setting.servicePort ?? 53,
    runDirectory: '/nowhere',
  };
}

export async function probeCheck<Options>(
  check: HealthCheck<Options>,
  options: object,
  setting: ProbeSetting = {},
): Promise<Verdict> {
  const verdict = await check.probe?.(check.options.parse(options), contextOf(setting));
  assert.ok(verdict, `the check '${check.kind}' is probed`);
  return verdict;
}

/** Empty for a healthy verdict. */
export function reasonOf(verdict: Verdict): string {
  return verdict.kind === 'healthy' ? '' : verdict.reason;
}

/** `path: message` of every complaint about these options. */
export function complaintsOf<Options>(check: HealthCheck<Options>, options: object): string[] {
  const parsed = check.options.safeParse(options);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
}
