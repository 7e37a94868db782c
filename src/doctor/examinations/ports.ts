/** Whether the ports that a PoP needs are free, or held by the PoP's own processes; and by whom they are taken. */
import type { PopSlice } from '../../config/anycast-config.ts';
import type { IpAddress } from '../../ip/address.ts';
import type { Examination, ExaminationContext } from '../examination.ts';
import { type Finding, fail, pass, type Remedy, skip } from '../finding.ts';
import type { RouterSight } from '../host/host.ts';
import type { KitProcess } from '../host/kit-processes.ts';
import {
  isWildcard,
  type ListeningSocket,
  readListeningSockets,
  type Transport,
  takes,
  wildcard,
} from '../host/listening-sockets.ts';
import { type SeenProcess, socketOwners } from '../host/processes.ts';

/** A port for which one of the PoP's processes will ask. */
export interface Want {
  readonly about: string;
  readonly port: number;
  readonly transports: readonly Transport[];
  readonly addresses: readonly IpAddress[];
  /** The program that is to hold it, as `SeenProcess.program` has it. */
  readonly holder: string;
}

export const portsExamination: Examination = {
  name: 'ports',
  looksAt: 'ports',
  needs: 'host',
  async examine(context) {
    const sockets = await readListeningSockets();
    const wants = context.slice ? wantsOf(context.slice) : [dnsOfAnyHost(sockets)];
    const inTheWay = sockets.filter(socket => wants.some(want => isInTheWay(socket, want)));
    const owners = await socketOwners(new Set(inTheWay.map(({ inode }) => inode)));
    const whose = await ownSockets(context);
    return wants.flatMap(want => judgePort(want, inTheWay, { owners, whose }));
  },
};

export function wantsOf({ pop, config }: PopSlice): readonly Want[] {
  const { resolverPort, agentPort } = config.telemetry;
  const { port } = config.resolver;
  const holder = pop.driver === 'gobgp' ? 'gobgpd' : pop.driver;
  const runsBfd = config.bgp.bfd !== 'off' && pop.driver === 'bird';
  const sessions = pop.neighbours.flatMap(neighbour => neighbour.sessions.map(({ local }) => local));
  return [
    {
      about: `DNS ${port}`,
      port,
      transports: ['udp', 'tcp'],
      addresses: [...config.service.addresses, ...pop.management],
      holder: 'anycast resolver',
    },
    ...(pop.driver === 'memory'
      ? []
      : [{ about: 'BGP 179', port: 179, transports: ['tcp'] as const, addresses: sessions, holder }]),
    // RFC 5881 section 4: control packets of a single hop.
    ...(runsBfd
      ? [{ about: 'BFD 3784', port: 3784, transports: ['udp'] as const, addresses: sessions, holder }]
      : []),
    metrics('resolver', resolverPort, pop.management),
    metrics('agent', agentPort, pop.management),
  ];
}

type Whose = 'ours' | 'a stranger' | 'unknown';

/** What is known of the sockets' owners. */
export interface Ownership {
  /** By inode; those of processes that this user may not see are missing. */
  readonly owners: ReadonlyMap<number, SeenProcess>;
  /** Whether the process is one of this PoP's own; `unknown` where this user may ask neither the kernel nor the process. */
  whose(process: SeenProcess | undefined, want: Want): Whose;
}

export function judgePort(
  want: Want,
  sockets: readonly ListeningSocket[],
  { owners, whose }: Ownership,
): readonly Finding[] {
  const held = sockets.filter(socket => isInTheWay(socket, want));
  if (held.length === 0) return [pass(want.about, `free (${want.transports.join(', ')})`)];
  const strangers = new Map<string, ListeningSocket[]>();
  for (const socket of held) {
    const owner = owners.get(socket.inode);
    const judged = whose(owner, want);
    if (judged === 'unknown') {
      const said = `taken by user ${socket.uid}; this user may not see whether it is the ${holderOf(want)}`;
      return [skip(want.about, said, ...remediesFor(owner, want))];
    }
    if (judged === 'ours') continue;
    const name = owner ? `${owner.program} (process ${owner.pid})` : `a process of user ${socket.uid}`;
    strangers.set(name, [...(strangers.get(name) ?? []), socket]);
  }
  if (strangers.size === 0) return [pass(want.about, `held by this PoP's ${holderOf(want)}`)];
  return [...strangers].map(([name, theirs]) => {
    const where = [...new Set(theirs.map(({ transport, address }) => `${transport} ${place(address)}`))];
    const owner = owners.get(theirs[0]?.inode ?? 0);
    return fail(want.about, `taken by ${name}: ${where.join(', ')}`, ...remediesFor(owner, want));
  });
}

/** Programs that a distribution starts by itself, and how they give the port back. */
function remediesFor(owner: SeenProcess | undefined, { port, transports }: Want): readonly Remedy[] {
  if (owner === undefined) {
    const flags = transports.map(transport => (transport === 'udp' ? 'u' : 't')).join('');
    return [{ run: `sudo ss -lnp${flags} 'sport = :${port}'` }];
  }
  if (/^systemd-resolve/.test(owner.program)) {
    return [
      { advice: 'write DNSStubListener=no below [Resolve] in /etc/systemd/resolved.conf.d/anycast.conf' },
      { run: 'ln -sf /run/systemd/resolve/resolv.conf /etc/resolv.conf' },
      { run: 'systemctl restart systemd-resolved' },
    ];
  }
  const units: Readonly<Record<string, string>> = {
    named: 'named',
    unbound: 'unbound',
    dnsmasq: 'dnsmasq',
    pdns_recursor: 'pdns-recursor',
    kresd: 'kresd@1',
    bird: 'bird',
    bgpd: 'frr',
    bfdd: 'frr',
    gobgpd: 'gobgpd',
  };
  const unit = units[owner.program];
  if (unit !== undefined) return [{ run: `systemctl disable --now ${unit}` }];
  return [
    {
      advice: `stop it, or keep it off these addresses: ${owner.argv.join(' ').slice(0, 60)}`,
    },
  ];
}

function isInTheWay(socket: ListeningSocket, { port, transports, addresses }: Want): boolean {
  return transports.some(transport => addresses.some(address => takes(socket, { transport, address, port })));
}

/** Where no PoP is known, whatever takes port 53 on more than the loopback addresses will be in the way. */
function dnsOfAnyHost(sockets: readonly ListeningSocket[]): Want {
  const addresses = sockets
    .filter(({ address, port }) => port === 53 && !isLoopback(address))
    .map(({ address }) => address);
  return {
    about: 'DNS 53',
    port: 53,
    transports: ['udp', 'tcp'],
    addresses: [wildcard(4), wildcard(6), ...addresses],
    holder: 'anycast resolver',
  };
}

function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.octets[0] === 127 : address.text === '::1';
}

function metrics(process: 'resolver' | 'agent', port: number, addresses: readonly IpAddress[]): Want {
  return { about: `metrics ${port}`, port, transports: ['tcp'], addresses, holder: `anycast ${process}` };
}

function place(address: IpAddress): string {
  return isWildcard(address) ? 'on every address' : address.text;
}

/**
 * Ours are the processes that answered on this run directory's sockets, and the router that was started with a file in
 * it. Where this user may not see who owns a socket, a process that answers and would hold it is taken for its owner.
 */
async function ownSockets({ host, runDirectory }: ExaminationContext): Promise<Ownership['whose']> {
  const kit = await host.kitProcesses();
  const router = routerHolder(await host.router(), runDirectory);
  return (process, want) => {
    const name = holderOf(want);
    const holder = name === 'resolver' || name === 'agent' ? kitHolder(kit[name]) : router(want);
    if (process) return holder.is(process) ? 'ours' : 'a stranger';
    if (holder.answers) return 'ours';
    return holder.isClosed ? 'unknown' : 'a stranger';
  };
}

/** The process that should hold a port, as far as it could be asked. */
interface Holder {
  readonly answers: boolean;
  /** To this user. */
  readonly isClosed: boolean;
  is(process: SeenProcess): boolean;
}

function kitHolder(process: KitProcess): Holder {
  return {
    answers: process.state === 'answers',
    isClosed: process.state === 'closed',
    is: ({ pid }) => process.state === 'answers' && process.pid === pid,
  };
}

function routerHolder(sight: RouterSight, runDirectory: string): (want: Want) => Holder {
  return want => ({
    answers: sight.state === 'seen',
    isClosed: sight.state === 'silent' && sight.access === 'denied',
    is: ({ program, argv }) => program === want.holder && argv.some(word => word.startsWith(runDirectory)),
  });
}

/** The holder as one of this PoP: `resolver`, `agent`, `bird`. */
function holderOf({ holder }: Want): string {
  return holder.replace(/^anycast /, '');
}
