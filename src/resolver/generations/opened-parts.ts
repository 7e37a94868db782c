/** What of a generation is opened from files before it can be made: that takes a while, and refuses a reload where it fails. */
import { randomInt } from 'node:crypto';
import type { PopSlice } from '../../config/anycast-config.ts';
import type { Clock } from '../../system/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Clients, openClients } from '../clients/clients.ts';
import type { HalfSipKey } from '../clients/half-siphash.ts';
import { type Names, openNames } from '../names/names.ts';
import { type SharedPart, takenOverOrOpened } from './shared-part.ts';

export interface OpenedParts {
  readonly clients: SharedPart<Clients>;
  readonly names: SharedPart<Names>;
}

export interface PartsOpenerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Canonical text; may change. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Told when what was opened says something else, its files having changed. */
  readonly onChanged: () => void;
}

export class PartsOpener {
  readonly #options: PartsOpenerOptions;
  /** What clients' counters go by, whatever is opened. */
  readonly slotKey: HalfSipKey = [randomInt(2 ** 32), randomInt(2 ** 32)];

  constructor(options: PartsOpenerOptions) {
    this.#options = options;
  }

  /**
   * To be disposed of when a generation has been made of them, or could not be: a claim of its own holds them until then.
   * @throws Fault of the files that cannot be used; nothing is left open then but what was open before.
   */
  async open({ config }: PopSlice, before?: OpenedParts): Promise<OpenedParts & AsyncDisposable> {
    await using claims = new AsyncDisposableStack();
    const { clients: clientsConfig, names: namesConfig } = config.resolver;
    const { blockLists, rpz } = namesConfig;
    const clients = await takenOverOrOpened(before?.clients, clientsConfig, () =>
      openClients({
        ...this.#options,
        config: clientsConfig,
        slotKey: this.slotKey,
        onSecrets: this.#options.onChanged,
        counters: before?.clients.part.counters,
      }),
    );
    claims.use(clients.claim());
    const names = await takenOverOrOpened(before?.names, { blockLists, rpz }, () =>
      openNames({
        ...this.#options,
        config: namesConfig,
        counters: before?.names.part.counters,
        onReplaced: this.#options.onChanged,
      }),
    );
    claims.use(names.claim());
    const held = claims.move();
    return { clients, names, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }
}
