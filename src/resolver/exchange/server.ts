/**
 * What is known of one authoritative server: how fast it answers, whether it does, what it cannot do, and for which zones.
 *
 * Only its own silence counts against a server. What it says, and what the network says of it, may be forged, and a
 * forgery must not take a zone's servers away (CVE-2023-26437).
 */
import type { IpAddress } from '../../ip/address.ts';
import type { Endpoint } from './endpoint.ts';
import { HeldCookie } from './held-cookie.ts';

export interface ServerStatus {
  readonly address: string;
  readonly state: 'untried' | 'well' | 'failing' | 'down';
  /** Smoothed round-trip time; null before the first answer. */
  readonly rttMs: number | null;
  /** Milliseconds after which it counts as silent. */
  readonly timeoutMs: number;
  readonly speaksEdns: boolean;
  readonly keepsCase: boolean;
  /** Zones that it has been found not to serve. */
  readonly lameZones: number;
}

/** Milliseconds to wait for a server that has never answered; Unbound's, found by measuring the Internet. */
const firstTimeoutMs = 376;
/** A round trip on one machine is no reason for impatience with a busy server. */
const leastTimeoutMs = 50;
/** A client waits for 4 seconds in all: with more than this there would be no time for another server. */
const longestTimeoutMs = 3000;
/** For one that is down, unless it was that slow before: who looks whether it is back should look again soon. */
const downTimeoutMs = 1000;

/** RFC 6298 section 2. */
const rttSmoothing = 1 / 8;
const varianceSmoothing = 1 / 4;
const varianceWeight = 4;

/** Each time another is chosen, the memory of how slow this one was fades, so that it is tried again (as BIND does). */
const fading = 0.98;

/** Silences in a row after which it is asked only when nobody else is left, and in probes. One lost packet says nothing. */
const downAfter = 3;

/** Milliseconds between probes of one that is down, doubled with each that fails. */
const firstProbeMs = 1000;
const longestProbeMs = 60_000;

/** RFC 6891 section 6.2.2 lets us remember that a server does not speak EDNS; it may be upgraded within the hour. */
const plainForMs = 3_600_000;
const caseLostForMs = 3_600_000;
const caseLossesToBelieve = 3;

/** As short as an operator who has just put it right is ready to wait; the failure cache sees to the rest. */
const lameForMs = 300_000;
/** Zones remembered per server; the oldest goes first. A server of many lame zones is only asked once more. */
const lameZoneLimit = 64;

export class Server implements Endpoint {
  readonly address: IpAddress;
  readonly port: number;
  readonly source: IpAddress;
  readonly cookie = new HeldCookie();
  /** Questions under way to it. */
  underWay = 0;
  #rttMs: number | undefined;
  /** The round-trip time as it has faded, for the choice among servers only. */
  #fadedMs = 0;
  #varianceMs = 0;
  #silences = 0;
  #probeAtMs = 0;
  #plainUntilMs = 0;
  #caseLostUntilMs = 0;
  #caseLosses = 0;
  #lame: Map<string, number> | undefined;

  constructor({ address, port, source }: Endpoint) {
    this.address = address;
    this.port = port;
    this.source = source;
  }

  get isUntried(): boolean {
    return this.#rttMs === undefined && this.#silences === 0;
  }

  get isDown(): boolean {
    return this.#silences >= downAfter;
  }

  /** Milliseconds after which it counts as silent (RFC 6298 section 2, doubled as in section 5.5). */
  get timeoutMs(): number {
    const estimate =
      this.#rttMs === undefined ? firstTimeoutMs : this.#rttMs + varianceWeight * this.#varianceMs;
    const longest = this.isDown ? Math.max(downTimeoutMs, 2 * estimate) : longestTimeoutMs;
    const patient = Math.max(estimate, leastTimeoutMs) * this.#backOff;
    return Math.min(patient, longest, longestTimeoutMs);
  }

  /** Milliseconds by which it is chosen: smaller is better. What it kept silent makes it seem slower. */
  get expectedMs(): number {
    return (this.#rttMs === undefined ? firstTimeoutMs : this.#fadedMs) * this.#backOff;
  }

  get #backOff(): number {
    return this.#silences === 0 ? 1 : 2 ** this.#silences;
  }

  status(nowMs: number): ServerStatus {
    const known = this.#silences === 0 ? 'well' : 'failing';
    return {
      address: this.address.text,
      state: this.isUntried ? 'untried' : this.isDown ? 'down' : known,
      rttMs: this.#rttMs === undefined ? null : Math.round(this.#rttMs * 100) / 100,
      timeoutMs: Math.round(this.timeoutMs),
      speaksEdns: this.speaksEdns(nowMs),
      keepsCase: this.keepsCase(nowMs),
      lameZones: this.#lame?.size ?? 0,
    };
  }

  /** Any answer, whatever it says, shows that it is there. Without a time when that says nothing of the way: over TCP. */
  answered(rttMs?: number): void {
    this.#silences = 0;
    if (rttMs === undefined) return;
    if (this.#rttMs === undefined) {
      this.#rttMs = rttMs;
      this.#varianceMs = rttMs / 2;
    } else {
      this.#varianceMs += varianceSmoothing * (Math.abs(this.#rttMs - rttMs) - this.#varianceMs);
      this.#rttMs += rttSmoothing * (rttMs - this.#rttMs);
    }
    this.#fadedMs = this.#rttMs;
  }

  /** It kept silent for `timeoutMs`. Questions that left together, at the same number of silences, are one silence. */
  keptSilent(nowMs: number, silencesBefore: number): void {
    if (silencesBefore !== this.#silences) return;
    this.#silences += 1;
    if (this.isDown) this.#probeAtMs = nowMs + this.#probeAfterMs();
  }

  get silences(): number {
    return this.#silences;
  }

  /** Another was chosen. */
  passedOver(): void {
    this.#fadedMs *= fading;
  }

  /** Whether to send one that is down a question to see if it is back; says yes once per back-off. */
  claimProbe(nowMs: number): boolean {
    if (!this.isDown || nowMs < this.#probeAtMs) return false;
    this.#probeAtMs = nowMs + this.#probeAfterMs();
    return true;
  }

  speaksEdns(nowMs: number): boolean {
    return nowMs >= this.#plainUntilMs;
  }

  refusedEdns(nowMs: number): void {
    this.#plainUntilMs = nowMs + plainForMs;
  }

  keepsCase(nowMs: number): boolean {
    return nowMs >= this.#caseLostUntilMs;
  }

  /**
   * An answer came that was right but for the case of the name. `isSure`: over TCP, where only the server can have written
   * it. Else it takes several: a forger would have had to guess id and port each time.
   */
  lostCase(nowMs: number, isSure: boolean): void {
    this.#caseLosses += 1;
    if (!isSure && this.#caseLosses < caseLossesToBelieve) return;
    this.#caseLosses = 0;
    this.#caseLostUntilMs = nowMs + caseLostForMs;
  }

  isLame(zoneKey: string, nowMs: number): boolean {
    const until = this.#lame?.get(zoneKey);
    if (until === undefined) return false;
    if (nowMs < until) return true;
    this.#lame?.delete(zoneKey);
    return false;
  }

  wasLame(zoneKey: string, nowMs: number): void {
    this.#lame ??= new Map();
    this.#lame.delete(zoneKey);
    this.#lame.set(zoneKey, nowMs + lameForMs);
    if (this.#lame.size <= lameZoneLimit) return;
    for (const oldest of this.#lame.keys()) {
      this.#lame.delete(oldest);
      return;
    }
  }

  #probeAfterMs(): number {
    return Math.min(firstProbeMs * 2 ** Math.max(0, this.#silences - downAfter), longestProbeMs);
  }
}
