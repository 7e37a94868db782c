/**
 * The shared addresses on this host: on `lo`, as a host route, of a scope that may travel, and nowhere else.
 *
 * An address that is missing is right while this PoP is drained or not yet running: the agent puts it there.
 */
import type { IpAddress } from '../../ip/address.ts';
import { hostPrefix } from '../../ip/prefix.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';
import { type HostAddress, type Interface, placesOf } from '../host/interfaces.ts';
import type { KitProcess } from '../host/kit-processes.ts';

export const serviceAddressExamination: Examination = {
  name: 'service-address',
  looksAt: 'service addresses',
  needs: 'pop',
  async examine({ config }, { host }) {
    const interfaces = await host.interfaces();
    const agent = (await host.kitProcesses()).agent;
    return config.service.addresses.flatMap(address =>
      judgeServiceAddress(address, interfaces, ownerOf(agent)),
    );
  },
};

/** Who is to have put the address on `lo`: an agent that serves, one that took the PoP out, or nobody yet. */
export type AddressOwner = 'agent-serves' | 'agent-drained' | 'no-agent';

export function judgeServiceAddress(
  address: IpAddress,
  interfaces: readonly Interface[],
  owner: AddressOwner,
): readonly Finding[] {
  const prefix = hostPrefix(address).text;
  const places = placesOf(address, interfaces);
  const elsewhere = places.filter(({ on }) => !on.isLoopback);
  const here = places.find(({ on }) => on.isLoopback);
  return [
    ...elsewhere.map(({ on, as }) =>
      fail(
        address.text,
        `on ${on.name}: two PoPs on one link then quarrel over it; it belongs on lo`,
        { run: `ip address del ${address.text}/${as.prefixLength} dev ${on.name}` },
        ...(here ? [] : [putOnLoopback(address)]),
      ),
    ),
    ...(here ? [judgeOnLoopback(address, here)] : []),
    ...(places.length === 0 ? [judgeMissing(address, prefix, owner)] : []),
  ];
}

function judgeOnLoopback(
  address: IpAddress,
  { on, as }: { readonly on: Interface; readonly as: HostAddress },
): Finding {
  const { text } = address;
  const length = address.octets.length * 8;
  if (!on.isUp) return fail(text, 'on lo, which is down', { run: 'ip link set lo up' });
  if (as.state !== 'usable')
    return fail(text, `on lo, ${as.state}: it does not answer`, takeOff(as), putOnLoopback(address));
  if (as.prefixLength !== length) {
    return fail(
      text,
      `on lo as /${as.prefixLength}: the host then takes the whole prefix for itself`,
      takeOff(as),
      putOnLoopback(address),
    );
  }
  if (as.scope !== 'global')
    return warn(
      text,
      `on lo as /${length}, scope ${as.scope}: the kernel may keep its answers here`,
      takeOff(as),
      putOnLoopback(address),
    );
  return pass(text, `on lo as /${length}`);
}

function judgeMissing(address: IpAddress, prefix: string, owner: AddressOwner): Finding {
  const { text } = address;
  switch (owner) {
    case 'no-agent':
      return warn(text, 'not on lo; the agent will put it there when it runs', putOnLoopback(address));
    case 'agent-drained':
      return pass(text, `not on lo: this PoP is drained`);
    case 'agent-serves':
      return fail(
        text,
        'not on lo although the agent runs and serves: it cannot put it there',
        putOnLoopback(address),
        { advice: `the agent needs CAP_NET_ADMIN to keep ${prefix} there` },
      );
    default:
      return owner satisfies never;
  }
}

function takeOff({ address, prefixLength }: HostAddress): { readonly run: string } {
  return { run: `ip address del ${address.text}/${prefixLength} dev lo` };
}

/** `nodad`: an anycast address is a duplicate by design, and a tentative one does not answer (RFC 4862 section 5.4). */
function putOnLoopback(address: IpAddress): { readonly run: string } {
  const flags = address.family === 6 ? ' nodad' : '';
  return { run: `ip address replace ${hostPrefix(address).text} dev lo${flags}` };
}

/** The agent's `status` has `intent.kind`: serve, drain or withdraw. */
function ownerOf(agent: KitProcess): AddressOwner {
  if (agent.state !== 'answers') return 'no-agent';
  const intent = agent.status.intent as { readonly kind?: unknown } | undefined;
  return intent?.kind === 'serve' ? 'agent-serves' : 'agent-drained';
}
