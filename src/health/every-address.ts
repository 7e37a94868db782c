/**
 * Asking at every service address: a client of either family must be served, so the worst verdict stands for all.
 */
import { ipAddressKey } from '../config/keys.ts';
import type { IpAddress } from '../ip/address.ts';
import type { CheckContext, Verdict } from './health-check.ts';

/** A check's key `address`: asks there instead of at the service addresses. */
export const insteadAddressKey = ipAddressKey.optional();

/** Asks at the service addresses, or at `instead`, side by side. */
export async function askEveryAddress(
  instead: IpAddress | undefined,
  context: CheckContext,
  askAt: (address: IpAddress) => Promise<Verdict>,
): Promise<Verdict> {
  const addresses = instead ? [instead] : context.serviceAddresses;
  return await worstOf(addresses.map(askAt), context);
}

/** The worst verdict, when all are there; healthy with how many answers there were and how long they took. */
export async function worstOf(
  asked: readonly Promise<Verdict>[],
  { clock }: Pick<CheckContext, 'clock'>,
): Promise<Verdict> {
  const startedAt = clock.monotonicMs();
  const results = await Promise.all(asked);
  const tookMs = clock.monotonicMs() - startedAt;
  const plural = results.length === 1 ? '' : 's';
  return (
    worst(results) ?? {
      kind: 'healthy',
      detail: `${results.length} answer${plural} in ${tookMs.toFixed(1)} ms`,
    }
  );
}

/** The first unhealthy verdict, else the first unknown one, with how many more there are of its kind. */
function worst(results: readonly Verdict[]): Verdict | undefined {
  for (const kind of ['unhealthy', 'unknown'] as const) {
    const all = results.filter(result => result.kind === kind);
    const [first] = all;
    if (first && first.kind !== 'healthy')
      return { kind, reason: all.length > 1 ? `${first.reason} (and ${all.length - 1} more)` : first.reason };
  }
  return undefined;
}
