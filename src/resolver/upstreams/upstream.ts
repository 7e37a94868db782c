/** What is known about one upstream: how fast it answers, whether it answers at all, whether it speaks EDNS. */
import type { IpAddress } from '../../ip/address.ts';

export interface UpstreamStatus {
  readonly address: string;
  readonly state: 'well' | 'failed';
  /** Smoothed round-trip time; null before the first answer. */
  readonly rttMs: number | null;
  /** Why it failed, where more is known than its silence. */
  readonly reason?: string;
}

/** How an upstream proves who it is; one that has this is asked over TLS or HTTPS only. */
export interface UpstreamTls {
  readonly name: string;
  readonly port: number;
  /** PEM; the system's authorities when undefined. */
  readonly authorities: string | undefined;
  /** It is asked there over HTTPS; over TLS alone when undefined. */
  readonly path: string | undefined;
}

/** RFC 6298 section 2 smooths with 1/8 of the newest sample; answers are rarer than TCP segments, so a little faster. */
const smoothing = 0.3;

/** Each time another is chosen, the memory of how slow this one was fades, so that it is tried again (as BIND does). */
const fading = 0.98;

/** A failed upstream is tried again after this long, doubled with each failure, up to the longest. */
const backOffMs = 500;
const longestBackOffMs = 10_000;

/** Silences in a row after which an upstream is taken to be gone: one lost packet says nothing of it. */
const goneAfter = 3;

/** RFC 6891 section 6.2.2 lets us remember that an upstream does not speak EDNS; it may be upgraded within the hour. */
const plainForMs = 3_600_000;

export class Upstream {
  readonly address: IpAddress;
  /** The management address our queries leave from. */
  readonly source: IpAddress;
  readonly tls: UpstreamTls | undefined;
  #reason: string | undefined;
  #rttMs: number | undefined;
  #failures = 0;
  #retryAtMs = 0;
  #plainUntilMs = 0;

  constructor(address: IpAddress, source: IpAddress, tls?: UpstreamTls) {
    this.tls = tls;
    this.address = address;
    this.source = source;
  }

  get isWell(): boolean {
    return this.#failures === 0;
  }

  /** Silent so many times in a row that asking it costs more than it promises. */
  get isGone(): boolean {
    return this.#failures >= goneAfter;
  }

  get status(): UpstreamStatus {
    const rttMs = this.#rttMs === undefined ? null : Math.round(this.#rttMs * 100) / 100;
    const reason = this.#reason === undefined ? {} : { reason: this.#reason };
    return { address: this.address.text, state: this.isWell ? 'well' : 'failed', rttMs, ...reason };
  }

  /** Any answer, whatever it says, shows that the upstream is there. */
  answered(rttMs: number): void {
    this.#failures = 0;
    this.#reason = undefined;
    this.#rttMs = this.#rttMs === undefined ? rttMs : this.#rttMs + smoothing * (rttMs - this.#rttMs);
  }

  /**
   * It kept silent for upstreamTimeout, or failed over TLS or HTTPS, for `reason`. Nothing less counts: a forged refusal must
   * not silence an upstream.
   */
  failed(nowMs: number, reason?: string): void {
    this.#reason = reason ?? this.#reason;
    this.#failures += 1;
    this.#retryAtMs = nowMs + Math.min(backOffMs * 2 ** (this.#failures - 1), longestBackOffMs);
  }

  /** Another was chosen. */
  passedOver(): void {
    if (this.#rttMs !== undefined) this.#rttMs *= fading;
  }

  /** Whether to send a failed upstream a query to see if it is back; says yes once per back-off. */
  claimRetest(nowMs: number): boolean {
    if (this.isWell || nowMs < this.#retryAtMs) return false;
    this.#retryAtMs = nowMs + Math.min(backOffMs * 2 ** this.#failures, longestBackOffMs);
    return true;
  }

  speaksEdns(nowMs: number): boolean {
    return nowMs >= this.#plainUntilMs;
  }

  refusedEdns(nowMs: number): void {
    this.#plainUntilMs = nowMs + plainForMs;
  }

  /** Lower is better: the well by their round-trip time, untried ones first; then the failed, the next to be retried first. */
  rank(): number {
    return this.isWell ? (this.#rttMs ?? 0) : failedRank + this.#retryAtMs;
  }
}

/** Above any round-trip time. */
const failedRank = 1e9;

/** The order to ask in. Equals keep the configuration's order. */
export function inOrder(upstreams: readonly Upstream[]): Upstream[] {
  return [...upstreams].sort((a, b) => a.rank() - b.rank());
}
