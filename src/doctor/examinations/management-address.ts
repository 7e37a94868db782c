/** The PoP's own unicast addresses: processes listen on them, and the resolver asks upstream from them. */
import type { IpAddress } from '../../ip/address.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';
import { type Interface, placesOf } from '../host/interfaces.ts';

export const managementAddressExamination: Examination = {
  name: 'management-address',
  looksAt: 'management addresses',
  needs: 'pop',
  async examine({ pop }, { host }) {
    const interfaces = await host.interfaces();
    return pop.management.map(address => judgeManagementAddress(address, interfaces));
  },
};

export function judgeManagementAddress(address: IpAddress, interfaces: readonly Interface[]): Finding {
  const { text } = address;
  const [place] = placesOf(address, interfaces);
  if (!place) {
    return fail(text, 'is on no interface of this host: the resolver will not start', {
      advice: "is this the right PoP? The host's own network configuration puts it there",
    });
  }
  const { on, as } = place;
  if (as.state === 'duplicate')
    return fail(text, `on ${on.name}, but another host on the link has it too`, {
      run: `ip -6 address show dev ${on.name} dadfailed`,
    });
  if (!on.isUp) return fail(text, `on ${on.name}, which is down`, { run: `ip link set ${on.name} up` });
  if (as.state !== 'usable') return warn(text, `on ${on.name}, ${as.state}: not used for new connections`);
  return pass(text, `on ${on.name}`);
}
