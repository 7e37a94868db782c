/** The path towards each neighbour: whether there is one, and how large a packet its first link carries. */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { IpFamily } from '../../ip/address.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';
import { type Interface, outwardOf } from '../host/interfaces.ts';
import { type RouteTo, routeTo } from '../host/route-to.ts';

/** What every link of the Internet's middle carries. */
const usual = 1500;

/** RFC 8200 section 5: the least that a link with IPv6 carries; 1232 octets of DNS and two headers fill it. */
const least = 1280;

export const mtuExamination: Examination = {
  name: 'mtu',
  looksAt: 'links and MTU',
  needs: 'host',
  async examine({ slice, host, signal }) {
    const interfaces = await host.interfaces();
    if (!slice) return outwardOf(interfaces).map(({ name, mtu }) => judgeMtu(name, { mtu, family: 6 }));
    return await Promise.all(
      sessionsOf(slice).map(async ({ about, remote }) =>
        judgeLink({ about, family: remote.family }, await routeTo(remote, signal), interfaces),
      ),
    );
  },
};

export function judgeLink(
  { about, family }: { readonly about: string; readonly family: IpFamily },
  route: RouteTo | undefined,
  interfaces: readonly Interface[],
): Finding {
  if (!route) {
    return fail(about, 'no route leads to this neighbour', {
      advice: "is the link's interface up, with the address that anycast.yaml has as `local`?",
    });
  }
  const mtu = interfaces.find(({ name }) => name === route.interface)?.mtu ?? 0;
  // A session of several hops needs `multihop` in BIRD, and has neither GTSM's nor BFD's single hop.
  if (route.viaRouter) {
    return warn(about, `on ${route.interface}, but over a router: the session is meant for one link`, {
      advice: 'the link to a neighbour has an address of ours in the same prefix',
    });
  }
  return judgeMtu(about, { mtu, family, via: route.interface });
}

export function judgeMtu(
  about: string,
  { mtu, family, via }: { readonly mtu: number; readonly family: IpFamily; readonly via?: string },
): Finding {
  const said = via === undefined ? `MTU ${mtu}` : `on ${via}, MTU ${mtu}`;
  if (mtu >= usual) return pass(about, said);
  const wider = via ?? about;
  if (mtu < least && family === 6) {
    return fail(about, `${said}, and IPv6 needs ${least}`, { run: `ip link set ${wider} mtu ${usual}` });
  }
  return warn(about, `${said}: DNS over UDP fits (EDNS 1232), TCP may stall where ICMP is lost`, {
    advice: `a link of ${usual} is best; where the link cannot, leave tcp_mtu_probing at 1`,
  });
}

function sessionsOf({ pop }: PopSlice) {
  return pop.neighbours.flatMap(({ name, sessions }) =>
    sessions.map(({ remote }) => ({ about: `${name} IPv${remote.family}`, remote })),
  );
}
