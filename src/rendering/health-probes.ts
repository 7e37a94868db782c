/** How a container engine asks whether a process is well. The router needs no asking: the sidecar ends when it does. */
import type { PopSlice } from '../config/anycast-config.ts';

/**
 * Where the process shows `/status`. A management address, never the service address: what answers there may be another PoP.
 */
export function statusPage(
  { pop, config }: PopSlice,
  process: 'resolver' | 'agent',
): { readonly host: string; readonly port: number } {
  const { resolverPort, agentPort } = config.telemetry;
  return { host: pop.management[0]?.text ?? '', port: process === 'resolver' ? resolverPort : agentPort };
}

/** A DNS question that needs no upstream, asked as an operator would: which PoP is this? */
export function identityQuestion({ pop, config }: PopSlice): readonly string[] {
  const [address] = pop.management;
  return [
    'dig',
    '+time=1',
    '+tries=1',
    `-p${config.resolver.port}`,
    `@${address?.text}`,
    'CH',
    'TXT',
    'id.server',
  ];
}
