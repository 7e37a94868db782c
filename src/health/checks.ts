/** The registry of health checks. A new kind is one file in `checks/` and one line here. */
import { addressCheck } from './checks/address.ts';
import { allCheck } from './checks/all.ts';
import { anyCheck } from './checks/any.ts';
import { atLeastCheck } from './checks/at-least.ts';
import { dnsCheck } from './checks/dns.ts';
import { execCheck } from './checks/exec.ts';
import { httpCheck } from './checks/http.ts';
import { livenessCheck } from './checks/liveness.ts';
import { loadCheck } from './checks/load.ts';
import { tcpCheck } from './checks/tcp.ts';
import { upstreamCheck } from './checks/upstream.ts';
import type { HealthCheck } from './health-check.ts';

/** Composites look up their members' kinds here when the configuration is read. */
const known = () => healthChecks;

// biome-ignore lint/suspicious/noExplicitAny: each check is typed by its own options; the registry only keeps them.
export const healthChecks: readonly HealthCheck<any>[] = [
  livenessCheck,
  addressCheck,
  dnsCheck,
  httpCheck,
  tcpCheck,
  execCheck,
  upstreamCheck,
  loadCheck,
  allCheck(known),
  anyCheck(known),
  atLeastCheck(known),
];
