/** Other settings of the kernel's network that matter to an anycast resolver: one row each. */
import type { Examination } from '../examination.ts';
import { type Finding, pass, skip, warn } from '../finding.ts';
import { readSysctl, readSysctlNumbers, setSysctl } from '../host/sysctl.ts';

/** Ports fewer than this make a forged answer to the resolver's own queries too easy to guess (RFC 5452 section 9). */
const fewestPorts = 16_384;

const ipv4 = (name: string): readonly string[] => ['net', 'ipv4', name];

export const kernelSettingsExamination: Examination = {
  name: 'kernel-settings',
  looksAt: 'kernel settings',
  needs: 'host',
  async examine() {
    return [
      judgePortRange(await readSysctlNumbers(ipv4('ip_local_port_range'))),
      judgeNonlocalBind('ipv4', await readSysctl(ipv4('ip_nonlocal_bind'))),
      judgeNonlocalBind('ipv6', await readSysctl(['net', 'ipv6', 'ip_nonlocal_bind'])),
      judgeMtuProbing(await readSysctl(ipv4('tcp_mtu_probing'))),
      judgeMultipathHash({
        forwards: await readSysctl(ipv4('ip_forward')),
        policy: await readSysctl(ipv4('fib_multipath_hash_policy')),
      }),
    ];
  },
};

export function judgePortRange(range: readonly number[] | undefined): Finding {
  const about = 'ip_local_port_range';
  const [low, high] = range ?? [];
  if (low === undefined || high === undefined) return skip(about, 'not shown by this kernel');
  const said = `${low} to ${high}`;
  if (high - low + 1 >= fewestPorts) return pass(about, said);
  return warn(
    about,
    `${said}: answers to the resolver's own queries are easier to forge`,
    ...setSysctl(ipv4(about), '32768 60999'),
  );
}

export function judgeNonlocalBind(family: 'ipv4' | 'ipv6', value: number | undefined): Finding {
  const about = family === 'ipv4' ? 'ip_nonlocal_bind' : 'ip_nonlocal_bind IPv6';
  if (value === undefined) return skip(about, 'not shown by this kernel');
  if (value === 0) return pass(about, '0, and 1 is not needed');
  return warn(
    about,
    '1, which is not needed and hides that the service address is missing',
    ...setSysctl(['net', family, 'ip_nonlocal_bind'], 0),
  );
}

/**
 * "Packet too big" goes to the source of the packet that was too big. That is the shared address: routing takes the
 * message to the PoP nearest to the router that wrote it, which need not be this one.
 */
export function judgeMtuProbing(value: number | undefined): Finding {
  const about = 'tcp_mtu_probing';
  if (value === undefined) return skip(about, 'not shown by this kernel');
  if (value > 0) return pass(about, String(value));
  return warn(
    about,
    '0: "packet too big" may reach another PoP, and TCP here then stalls (RFC 4821)',
    ...setSysctl(ipv4(about), 1),
  );
}

/** Matters where this host spreads traffic itself: over ports (1), not over addresses alone (0). */
export function judgeMultipathHash(seen: {
  readonly forwards: number | undefined;
  readonly policy: number | undefined;
}): Finding {
  const about = 'multipath hash policy';
  if (seen.forwards === undefined || seen.policy === undefined)
    return skip(about, 'not shown by this kernel');
  if (seen.forwards === 0)
    return pass(about, `${seen.policy}; of no matter here, this host forwards nothing`);
  if (seen.policy > 0) return pass(about, String(seen.policy));
  return warn(
    about,
    '0 on a host that forwards: equal paths are chosen by address alone',
    ...setSysctl(ipv4('fib_multipath_hash_policy'), 1),
  );
}
