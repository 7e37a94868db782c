/**
 * The certificate that DoT and DoH show: read from its files at start, and again when it has changed or when told to.
 *
 * A new one is used for handshakes to come; connections go on as they are. One that cannot be used (unreadable, not of
 * its key, expired) changes nothing: the old one stays, and the failure is logged, counted and shown. Files are compared
 * every ten seconds rather than watched: a watch misses what is mounted, renamed or linked in their place.
 *
 * Session tickets (RFC 5077, RFC 8446 section 2.2) are sealed with keys of this process alone, new ones twice a day and
 * with each new certificate, so that no old key opens what was recorded (RFC 9325 section 3.4).
 */
import type { Clock } from '../../system/clock.ts';
import { describeError, Fault } from '../../system/fault.ts';
import type { Log } from '../../telemetry/log.ts';
import {
  type CertificateFiles,
  type Credentials,
  isOver,
  type LoadedCertificate,
  loadCertificate,
  newTicketKeys,
  stampOf,
} from './certificate-files.ts';

export interface CertificateStatus {
  readonly file: string;
  /** As the certificate says: RFC 4514 lines joined by commas, and the names it is for. */
  readonly subject: string;
  readonly names: string;
  readonly fingerprint256: string;
  /** ISO 8601. */
  readonly validTo: string;
  /** Whole days until then; negative when it is over. */
  readonly daysLeft: number;
  /** Times that a new one was taken since the start, and times that one was not. */
  readonly reloads: number;
  readonly failures: number;
  /** Why the files as they are now are not used; null when they are. */
  readonly error: string | null;
}

const pollMs = 10_000;
const ticketKeysMs = 12 * 3_600_000;
const dayMs = 86_400_000;

export class Certificate implements AsyncDisposable {
  readonly #files: CertificateFiles;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #users = new Set<(credentials: Credentials) => void>();
  #loaded: LoadedCertificate;
  #stamp: string;
  #ticketKeysSinceMs: number;
  #reloads = 0;
  #failures = 0;
  #error: string | null = null;
  #reloading: Promise<void> = Promise.resolve();
  readonly #watching: Promise<void>;

  private constructor(files: CertificateFiles, loaded: LoadedCertificate, { stamp, clock, log }: Beginning) {
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
    this.#loaded = loaded;
    this.#stamp = stamp;
    this.#ticketKeysSinceMs = clock.monotonicMs();
    this.#watching = this.#watch();
  }

  /** @throws Fault `environment` when the files cannot be read or do not belong together. */
  static async open(
    files: CertificateFiles,
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ): Promise<Certificate> {
    const stamp = await stampOf(files);
    try {
      const loaded = await loadCertificate(files);
      if (isOver(loaded, clock)) log.warn({ file: files.certificate }, 'the certificate has expired');
      return new Certificate(files, loaded, { stamp, clock, log });
    } catch (cause) {
      throw new Fault(
        'environment',
        `cannot use the certificate ${files.certificate}: ${describeError(cause)}`,
        {
          hint: 'resolver.transports.tls names PEM files of a chain and its key, which this user can read',
          cause,
        },
      );
    }
  }

  get status(): CertificateStatus {
    const { leaf } = this.#loaded;
    const validToMs = leaf.validToDate.getTime();
    return {
      file: this.#files.certificate,
      subject: leaf.subject?.replaceAll('\n', ',') ?? '',
      names: leaf.subjectAltName ?? '',
      fingerprint256: leaf.fingerprint256,
      validTo: new Date(validToMs).toISOString(),
      daysLeft: Math.floor((validToMs - this.#clock.wallMs()) / dayMs),
      reloads: this.#reloads,
      failures: this.#failures,
      error: this.#error,
    };
  }

  get credentials(): Credentials {
    return this.#loaded.credentials;
  }

  /** Calls `use` whenever there are new credentials, until the one who asked disposes. */
  onChange(use: (credentials: Credentials) => void): Disposable {
    this.#users.add(use);
    return { [Symbol.dispose]: () => void this.#users.delete(use) };
  }

  /** Reads the files, changed or not. Gives the status: its `error` says whether they are used. */
  async reload(): Promise<CertificateStatus> {
    const before = this.#reloading;
    this.#reloading = before.then(() => this.#reload());
    await this.#reloading;
    return this.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#reloading;
  }

  async #reload(): Promise<void> {
    // Before the files: what changes while they are read has changed since.
    this.#stamp = await stampOf(this.#files);
    try {
      const loaded = await loadCertificate(this.#files);
      if (isOver(loaded, this.#clock) && !isOver(this.#loaded, this.#clock))
        throw new Error(`it expired at ${loaded.leaf.validTo}`);
      const isNew = loaded.leaf.fingerprint256 !== this.#loaded.leaf.fingerprint256;
      this.#error = null;
      this.#use(loaded);
      if (!isNew) return;
      this.#reloads += 1;
      this.#log.info({ file: this.#files.certificate, validTo: loaded.leaf.validTo }, 'new certificate');
    } catch (error) {
      this.#failures += 1;
      this.#error = describeError(error);
      this.#log.error(
        { file: this.#files.certificate, error: this.#error },
        'cannot use the new certificate; the old one stays',
      );
    }
  }

  #use(loaded: LoadedCertificate): void {
    this.#loaded = loaded;
    this.#ticketKeysSinceMs = this.#clock.monotonicMs();
    for (const use of this.#users) use(loaded.credentials);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await this.#clock.sleep(pollMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      if ((await stampOf(this.#files)) !== this.#stamp) await this.reload();
      else if (this.#clock.monotonicMs() - this.#ticketKeysSinceMs >= ticketKeysMs)
        this.#use({
          ...this.#loaded,
          credentials: { ...this.#loaded.credentials, ticketKeys: newTicketKeys() },
        });
    }
  }
}

interface Beginning {
  readonly stamp: string;
  readonly clock: Clock;
  readonly log: Log;
}
