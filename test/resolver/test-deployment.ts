/** A deployment of one PoP on loopback addresses that no other test has, so that tests may run side by side. */
import { randomInt } from 'node:crypto';
import type { PopSlice } from '../../src/config/anycast-config.ts';
import { parseConfig, popOf } from '../../src/config/load-config.ts';
import { parseIpAddress } from '../../src/ip/address.ts';

export interface TestDeployment {
  readonly slice: PopSlice;
  /** The same as text. */
  readonly yaml: string;
  readonly port: number;
  readonly upstreamPort: number;
  /** Text of the addresses. Clients of other addresses in 127.0.0.0/8 are strangers to nobody: loopback is always admitted. */
  readonly management: string;
  readonly service: string;
  readonly upstreams: readonly [string, string, string];
  /** A client's address, none of our own. */
  readonly client: string;
  /** The other PoP; its service address is another one, since both cannot have one on one machine. */
  readonly peer: { readonly slice: PopSlice; readonly management: string; readonly service: string };
  readonly telemetryPort: number;
}

export interface DeploymentOptions {
  /** Zones and the numbers (0 to 2) of their upstreams; the root at upstream 0 unless told. */
  readonly forward?: Readonly<Record<string, readonly number[]>>;
  /** More keys of `resolver`, in YAML flow style. */
  readonly resolver?: readonly string[];
  /** Whether the other PoP is on loopback too, so that it can run; at 192.0.2.1 unless told. */
  readonly hasPeer?: boolean;
}

export function testDeployment({
  forward = { '.': [0] },
  resolver = [],
  hasPeer = false,
}: DeploymentOptions = {}): TestDeployment {
  const network = `127.${randomInt(1, 255)}.${randomInt(255)}`;
  const port = randomInt(10_000, 30_000);
  const upstreams = [`${network}.101`, `${network}.102`, `${network}.103`] as const;
  const peerManagement = hasPeer ? `${network}.2` : '192.0.2.1';
  const telemetryPort = randomInt(30_000, 32_000);
  const zones = Object.entries(forward).map(
    ([zone, numbers]) =>
      `{ zone: ${zone}, upstreams: [${numbers.map(number => upstreams[number]).join(', ')}] }`,
  );
  // Tests about other things ask for names in `test.`, which a resolver would answer itself.
  const names = resolver.some(key => key.startsWith('names:'))
    ? []
    : ['names: { specialUse: { except: [test.] } }'];
  const yaml = `
service: { addresses: [${network}.53], asn: 64500 }
resolver: { ${[`port: ${port}`, `forward: [${zones.join(', ')}]`, ...names, ...resolver].join(', ')} }
checks: {}
telemetry: { resolverPort: ${telemetryPort} }
pops:
  fra:
    management: [${network}.1]
    routerId: 198.51.100.1
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.1, remote: 198.51.100.2 }] }]
  nyc:
    management: [${peerManagement}]
    routerId: 198.51.100.2
    neighbours: [{ name: isp, asn: 64501, sessions: [{ local: 198.51.100.2, remote: 198.51.100.1 }] }]
`;
  const config = parseConfig(yaml, 'test.yaml', { checks: {}, drivers: ['bird'] });
  const otherService = [parseIpAddress(`${network}.54`)].filter(address => address !== undefined);
  const otherConfig = { ...config, service: { ...config.service, addresses: otherService } };
  return {
    slice: popOf(config, 'fra'),
    peer: { slice: popOf(otherConfig, 'nyc'), management: peerManagement, service: `${network}.54` },
    telemetryPort,
    yaml,
    port,
    upstreamPort: randomInt(10_000, 30_000),
    management: `${network}.1`,
    service: `${network}.53`,
    upstreams,
    client: `${network}.200`,
  };
}
