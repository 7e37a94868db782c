/**
 * DNS cookies at the server (RFC 7873 section 5.2): what a query's cookie says of its sender, and the cookie for the reply.
 *
 * A good cookie was given to this address by one of the PoPs within the hour: so the sender gets what is sent there, which
 * over UDP nothing else shows. The secrets are those of `cookie-secrets.ts`; the file is looked at every few seconds, and
 * what cannot be used of it is complained of once while the secrets before stay.
 */
import { stat } from 'node:fs/promises';
import { type Edns, type EdnsOption, findOption, optionCodes } from '../../dns/edns.ts';
import type { Clock } from '../../system/clock.ts';
import { describeError } from '../../system/fault.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ClientCounters, CookieStatus } from './client-counters.ts';
import { readSecretsFile, type SecretsFile, stampOf } from './cookie-secrets.ts';
import { CookieMaker, clientHalf, clientOctets, isCookieLength } from './server-cookie.ts';
import type { SipKey } from './siphash.ts';

export interface CookieVerdict {
  readonly status: CookieStatus;
  /** The option of the reply; none for a query without a cookie, or with one that is none. */
  readonly option: EdnsOption | undefined;
}

export interface CookieParts {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ClientCounters;
  /** Told when the secrets have changed. */
  readonly onSecrets?: () => void;
}

/** Milliseconds between looks at the file. */
const lookMs = 2000;

const absent: CookieVerdict = { status: 'absent', option: undefined };
const malformed: CookieVerdict = { status: 'malformed', option: undefined };

export class ServerCookies implements AsyncDisposable {
  readonly #parts: CookieParts;
  readonly #maker = new CookieMaker();
  readonly #closing = new AbortController();
  #secrets: readonly SipKey[];
  #stamp: string;
  #watching: Promise<void>;

  /** @throws Fault as `readSecretsFile` does: a resolver does not start on secrets it cannot use. */
  static async open(parts: CookieParts): Promise<ServerCookies> {
    return new ServerCookies(parts, await readSecretsFile(parts.path));
  }

  private constructor(parts: CookieParts, file: SecretsFile) {
    this.#parts = parts;
    this.#secrets = file.secrets;
    this.#stamp = file.stamp;
    this.#use(file);
    this.#watching = this.#watch();
  }

  /** For the threads that judge by themselves. */
  get secrets(): readonly SipKey[] {
    return this.#secrets;
  }

  /** Secrets accepted. */
  get secretCount(): number {
    return this.#secrets.length;
  }

  /** `address` is the client's as policies see it: where a proxy told it, the proxied one. */
  judge(edns: Edns | undefined, address: string): CookieVerdict {
    const verdict = this.#judge(findOption(edns, optionCodes.cookie), address);
    this.#parts.counters.cookies[verdict.status] += 1;
    return verdict;
  }

  /** Reads the file anew. Gives what is wrong with it, after which the secrets are those from before. */
  async reload(): Promise<string | undefined> {
    const { path, log, counters } = this.#parts;
    try {
      this.#use(await readSecretsFile(path));
      return undefined;
    } catch (error) {
      counters.secrets.failed += 1;
      const complaint = describeError(error);
      log.warn({ error: complaint }, 'cookie secrets not reloaded, those from before stay');
      return complaint;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  #judge(option: EdnsOption | undefined, address: string): CookieVerdict {
    if (!option) return absent;
    const { data } = option;
    if (!isCookieLength(data.length)) return malformed;
    const seconds = Math.floor(this.#parts.clock.wallMs() / 1000);
    const secrets = this.#secrets;
    const state =
      data.length === clientOctets ? 'bad' : this.#maker.check(data, address, { secrets, seconds });
    if (state === 'good') return { status: 'good', option };
    const [secret] = secrets;
    if (!secret) return absent;
    const renewed = this.#maker.make(clientHalf(data), address, { secret, seconds });
    const status = state === 'renew' ? 'good' : data.length === clientOctets ? 'fresh' : 'bad';
    return { status, option: { code: optionCodes.cookie, data: renewed } };
  }

  #use({ secrets, stamp, isReadableByAll }: SecretsFile): void {
    const { path, log, counters } = this.#parts;
    this.#secrets = secrets;
    this.#stamp = stamp;
    counters.secrets.loaded += 1;
    this.#parts.onSecrets?.();
    if (isReadableByAll)
      log.warn({ path }, 'everyone on this machine can read the cookie secrets: chmod 640, or 600');
  }

  async #watch(): Promise<void> {
    const { clock, path } = this.#parts;
    const { signal } = this.#closing;
    let complained: string | undefined;
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      // A file that is gone has a stamp too, so that it is complained of once.
      const stamp = await stat(path).then(stampOf, () => 'gone');
      if (stamp === this.#stamp || stamp === complained) continue;
      complained = (await this.reload()) === undefined ? undefined : stamp;
    }
  }
}
