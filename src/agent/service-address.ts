/** Puts the service addresses on `lo` and takes them off, with ip(8). */
import { missingFrom } from '../health/missing-addresses.ts';
import type { IpAddress } from '../ip/address.ts';
import { hostPrefix } from '../ip/prefix.ts';
import { Fault } from '../system/fault.ts';

/** What the agent needs of whoever owns the addresses. Both calls are idempotent and never made at once. */
export interface ServiceAddresses {
  /** Makes all of them present. Gives those that were missing. @throws Fault when one cannot be put there. */
  put(signal: AbortSignal): Promise<readonly IpAddress[]>;
  /** Makes none of them present. @throws Fault when one cannot be removed. */
  remove(signal: AbortSignal): Promise<void>;
}

export function loopbackAddresses(addresses: readonly IpAddress[]): ServiceAddresses {
  return {
    async put(signal) {
      // Looking is one system call, cheap enough for every second; ip(8) runs only when something must change.
      const missing = missingFrom('lo', addresses);
      for (const address of missing) await ip('replace', address, signal);
      const still = missingFrom('lo', missing);
      if (still.length === 0) return missing;
      throw new Fault('environment', `${textOf(still)} was put on lo and does not show there`, {
        hint: 'is lo up? ip link set lo up',
      });
    },
    async remove(signal) {
      const missing = missingFrom('lo', addresses);
      for (const address of addresses) if (!missing.includes(address)) await ip('del', address, signal);
    },
  };
}

async function ip(verb: 'replace' | 'del', address: IpAddress, signal: AbortSignal): Promise<void> {
  // Loaded here: the agent starts quicker without, and seldom needs it.
  const { runOrThrow } = await import('../system/run.ts');
  // A tentative address does not answer yet (RFC 4862 section 5.4); an anycast address is a duplicate by design.
  const flags = verb === 'replace' && address.family === 6 ? ['nodad'] : [];
  const prefix = hostPrefix(address).text;
  try {
    await runOrThrow(['ip', `-${address.family}`, 'address', verb, prefix, 'dev', 'lo', ...flags], {
      signal,
    });
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== 'refused') throw cause;
    throw new Fault(
      'environment',
      `cannot ${verb === 'del' ? 'take' : 'put'} ${prefix} on lo: ${cause.message}`,
      {
        hint: 'the agent needs the capability CAP_NET_ADMIN',
        cause,
      },
    );
  }
}

function textOf(addresses: readonly IpAddress[]): string {
  return addresses.map(address => address.text).join(', ');
}
