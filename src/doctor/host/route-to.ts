/** Which interface leads to an address, as ip(8) looks it up in the kernel's routes. Sends nothing. */
import type { IpAddress } from '../../ip/address.ts';
import { run } from '../../system/run.ts';

export interface RouteTo {
  readonly interface: string;
  /** Reached over a router, not on the link itself. */
  readonly viaRouter: boolean;
}

/** The route to `to`, or undefined when the kernel has none. */
export async function routeTo(to: IpAddress, signal: AbortSignal): Promise<RouteTo | undefined> {
  const shown = await run(['ip', '-json', 'route', 'get', to.text], { signal });
  return shown.exitCode === 0 ? parseRoute(shown.stdout) : undefined;
}

/** What `ip -json route get` prints. */
export function parseRoute(json: string): RouteTo | undefined {
  const [route] = JSON.parse(json) as { dev?: string; gateway?: string; via?: unknown; type?: string }[];
  if (route?.dev === undefined || route.type === 'unreachable') return undefined;
  return { interface: route.dev, viaRouter: route.gateway !== undefined || route.via !== undefined };
}
