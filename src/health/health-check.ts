/**
 * The contract of a health check: one way to ask whether the service at this PoP is well.
 *
 * The agent makes one instance of each configured check and judges its verdicts with hysteresis; a check never
 * remembers, counts or decides. A check is either polled or pushed, and gives exactly one of the two methods:
 *
 * - `probe` is called by the schedule, never twice at once for one instance, every `intervalMs` (every `fastIntervalMs`
 *   while the state is changing). It must settle soon after the signal aborts, which happens after `timeoutMs`, and
 *   may then say what it was waiting for; a probe that says nothing counts as unhealthy with the reason `timeout`.
 * - `watch` is started once and yields a verdict whenever it has something to say, until the signal aborts. It is for
 *   things that announce their own end, such as a socket that closes.
 *
 * Time in which this process did not run, or the resolver was given no processor, counts against no one: a deadline counts
 * lived time (`lived-time.ts`).
 *
 * A check of what PoPs share may also have `probePeer`: the same question, asked of another PoP. The agent calls it only
 * while its own check is down, to find out whether the fault is here or everywhere (`agent/peers/attribution.ts`).
 *
 * A sick service is a verdict. "I could not ask" is `unknown`: it neither counts for nor against. What is thrown is
 * taken as `unknown` with the error's message, logged, and the check goes on.
 */
import type { z } from 'zod';
import type { faultClasses } from '../config/anycast-config.ts';
import type { IpAddress } from '../ip/address.ts';
import type { Clock } from '../system/clock.ts';

export type Verdict =
  | { readonly kind: 'healthy'; readonly detail?: string }
  /** `immediate` is for what cannot be a passing mishap (the process is gone): it overrides the fall threshold. */
  | { readonly kind: 'unhealthy'; readonly reason: string; readonly immediate?: boolean }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a failure of this check is a failure of; ARCHITECTURE.md has the table of classes and default actions. */
export type FaultClass = (typeof faultClasses)[number];

export interface CheckContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The name of the PoP being checked: the identity a right answer carries. */
  readonly pop: string;
  readonly serviceAddresses: readonly IpAddress[];
  /** This PoP's own unicast addresses. */
  readonly managementAddresses: readonly IpAddress[];
  /** The port on which the service answers. */
  readonly servicePort: number;
  /** Milliseconds one probe may take. */
  readonly timeoutMs: number;
  /** The folder of the PoP's control sockets. */
  readonly runDirectory: string;
  /** Milliseconds so far in which the resolver was pressed for processor time; absent where nobody knows. */
  readonly pressedMs?: () => number;
}

/** Another PoP, as a check can ask it. */
export interface PeerTarget {
  readonly pop: string;
  readonly managementAddresses: readonly IpAddress[];
}

export interface HealthCheck<Options = unknown> {
  /** The name used in anycast.yaml, in metrics and in `anycast explain`. */
  readonly kind: string;
  /** Unless the configuration says otherwise with `class`. */
  readonly faultClass: FaultClass;
  /** The check's own keys in anycast.yaml, beside those every check has. */
  readonly options: z.ZodType<Options>;
  probe?(options: Options, context: CheckContext): Promise<Verdict>;
  watch?(options: Options, context: CheckContext): AsyncIterable<Verdict>;
  /** `unknown` when the peer could not be asked: a network between PoPs that is cut proves nothing. */
  probePeer?(options: Options, peer: PeerTarget, context: CheckContext): Promise<Verdict>;
}

export function defineHealthCheck<Options>(check: HealthCheck<Options>): HealthCheck<Options> {
  return check;
}
