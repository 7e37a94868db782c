/** The registry of health checks. A new kind is one file in `checks/` and one line here. */
import { dnsCheck } from './checks/dns.ts';
import { livenessCheck } from './checks/liveness.ts';
import type { HealthCheck } from './health-check.ts';

// biome-ignore lint/suspicious/noExplicitAny: each check is typed by its own options; the registry only keeps them.
export const healthChecks: readonly HealthCheck<any>[] = [livenessCheck, dnsCheck];
