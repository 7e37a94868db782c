/** Rules between the keys of `resolver.transports` and those around them: what TLS needs, and ports that are had once. */
import type { AnycastConfig } from './anycast-config.ts';
import type { Complaint } from './consistency.ts';

export function transportComplaints(config: AnycastConfig): Complaint[] {
  const { dot, doh, tls } = config.resolver.transports;
  const complaints: Complaint[] = [];
  const add = (path: readonly string[], message: string): number =>
    complaints.push({ path: ['resolver', 'transports', ...path], message });
  for (const [key, transport] of Object.entries({ dot, doh })) {
    if (transport && !tls) add([key], `${key} needs tls: name the files of a certificate and its key`);
  }
  // All of them are had on the management addresses.
  const taken = new Map([
    [config.resolver.port, 'resolver.port'],
    [config.telemetry.resolverPort, 'telemetry.resolverPort'],
    [config.telemetry.agentPort, 'telemetry.agentPort'],
  ]);
  for (const [key, transport] of Object.entries({ dot, doh })) {
    if (!transport) continue;
    const owner = taken.get(transport.port);
    if (owner !== undefined) add([key, 'port'], `${transport.port} is also ${owner}: give each its own`);
    taken.set(transport.port, `resolver.transports.${key}.port`);
  }
  return complaints;
}
