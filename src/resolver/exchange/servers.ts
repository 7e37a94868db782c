/** The servers that are remembered, by address: so many, and the one that was not needed for longest goes first. */
import type { IpAddress, IpFamily } from '../../ip/address.ts';
import { Server } from './server.ts';

/** Some 300 octets each. More than a busy resolver meets in the hour that anything here is remembered for. */
const capacity = 100_000;

/** Silences in a row of servers of one family. Two zones with dead servers make no more than half of them. */
const silentAfter = 8;

export interface ServersOptions {
  /** Our own address of each family that we can ask from. */
  readonly sources: Readonly<Partial<Record<IpFamily, IpAddress>>>;
  readonly port: number;
  readonly capacity?: number;
}

export class Servers {
  readonly #options: ServersOptions;
  readonly #servers = new Map<string, Server>();
  readonly #silences: Record<IpFamily, number> = { 4: 0, 6: 0 };

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** A server of this family has answered, or kept silent for its time. */
  heardOf(family: IpFamily, hasAnswered: boolean): void {
    this.#silences[family] = hasAnswered ? 0 : this.#silences[family] + 1;
  }

  /** Whether so many in a row have kept silent that the way to this family, rather than they, is to blame. */
  isSilent(family: IpFamily): boolean {
    return this.#silences[family] >= silentAfter;
  }

  /** Whether it keeps silent, or cannot be asked for want of an address of our own. */
  isDown({ text, family }: IpAddress): boolean {
    return !this.#options.sources[family] || (this.#servers.get(text)?.isDown ?? false);
  }

  /** In the order of their last use. */
  all(): IterableIterator<Server> {
    return this.#servers.values();
  }

  /** Undefined for a family in which we have no address of our own. */
  at(address: IpAddress): Server | undefined {
    const source = this.#options.sources[address.family];
    if (!source) return undefined;
    const key = address.text;
    const known = this.#servers.get(key);
    if (known) this.#servers.delete(key);
    const server = known ?? new Server({ address: owned(address), port: this.#options.port, source });
    this.#servers.set(key, server);
    if (this.#servers.size > (this.#options.capacity ?? capacity)) this.#forgetOldest();
    return server;
  }

  #forgetOldest(): void {
    for (const [key, { underWay }] of this.#servers) {
      if (underWay > 0) continue;
      this.#servers.delete(key);
      return;
    }
  }
}

/** In memory of its own: an address out of a message is a view of it, and what is kept would keep all of that. */
function owned(address: IpAddress): IpAddress {
  return { ...address, octets: address.octets.slice() };
}
