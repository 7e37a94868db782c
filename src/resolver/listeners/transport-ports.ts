/** Which transports there are and on which ports, and what to say when one of those cannot be had. */
import type { PopSlice } from '../../config/anycast-config.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { Transport } from '../transport.ts';
import type { LocalAddress } from './client.ts';

export interface TransportPort {
  readonly transport: Transport;
  readonly port: number;
}

/** One address, transport and port, to be listened on. */
export interface Seating extends TransportPort {
  readonly local: LocalAddress;
}

/** What every address is listened on over. */
export function portsOf({ config }: PopSlice): readonly TransportPort[] {
  const { port, transports } = config.resolver;
  const { dot, doh } = transports;
  return [
    { transport: 'udp', port },
    { transport: 'tcp', port },
    ...(dot ? [{ transport: 'dot' as const, port: dot.port }] : []),
    ...(doh ? [{ transport: 'doh' as const, port: doh.port }] : []),
  ];
}

export function isAbsent(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EADDRNOTAVAIL';
}

/** Where the port of a transport is chosen. */
const portKeys: Readonly<Record<Transport, string>> = {
  udp: 'resolver.port',
  tcp: 'resolver.port',
  dot: 'resolver.transports.dot.port',
  doh: 'resolver.transports.doh.port',
};

export function cannotListen({ local, transport, port }: Seating, cause: NodeJS.ErrnoException): Fault {
  const hints: Readonly<Record<string, string>> = {
    EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE',
    EADDRINUSE: `another ${transport === 'doh' ? 'web' : 'DNS'} server has the port: stop it, or choose ${portKeys[transport]}`,
    EADDRNOTAVAIL: 'the management address of this PoP must be on this machine; is --pop right?',
  };
  return new Fault(
    'environment',
    `cannot listen on ${local.text} port ${port} (${transport}): ${describeError(cause)}`,
    { hint: hints[cause.code ?? ''] ?? 'see the system error above', cause },
  );
}
