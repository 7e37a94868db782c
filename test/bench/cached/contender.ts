/** A server whose cached answers are measured: how it is started, where it is asked, and what it says it holds. */
import type { TestCertificate } from '../../resolver/certificates.ts';
import type { Program } from '../universe/program.ts';

export type Mode = 'udp' | 'tcp' | 'dot';

export interface StartOptions {
  /** There for it alone. */
  readonly folder: string;
  /** Threads that answer: with one, it has the measured processor; with two, both. */
  readonly workers: 1 | 2;
  readonly certificate: TestCertificate;
}

export interface Contender {
  readonly name: string;
  /** What is compared with what: a floor answers nothing, it sends back what it gets. */
  readonly kind: 'ours' | 'peer' | 'floor';
  /** What it is and how it was set, for the head of the table. */
  readonly summary: string;
  /** Where it is asked, at port 53 and for DoT at port 853. */
  readonly address: string;
  /** `program:package`, installed where they are missing and that may be done. */
  readonly programs: readonly string[];
  /** What it serves besides UDP. */
  readonly streams: readonly Exclude<Mode, 'udp'>[];
  /** Whether it is measured with two workers too. */
  readonly hasTwoWorkers?: boolean;
  /** Starts it with nothing cached; resolves when it answers. */
  start(options: StartOptions): Promise<Program>;
  /** Answers that it holds, by its own count and in its own words; absent where it does not say. */
  countAnswers?(folder: string): Promise<Count>;
}

export interface Count {
  readonly count: number;
  readonly of: string;
}

/** Beside the addresses of the universe (`universe/zones.ts`), one for each. */
export const addresses = {
  kresd: '198.19.2.3',
  pdns: '198.19.2.4',
  named: '198.19.2.5',
  dnsdist: '198.19.2.6',
  behindDnsdist: '198.19.2.7',
  echo: '198.19.2.8',
  dgramEcho: '198.19.2.9',
} as const;

/** Octets that each cache may have: nothing has to go for want of room. */
export const cacheOctets = 512 * 1024 * 1024;
