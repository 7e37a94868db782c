/** What a thread is given: memory that it shares with the resolver's own thread, and settings; all structured-cloneable. */
import type { HalfSipKey } from '../clients/half-siphash.ts';
import type { RateLimits } from '../clients/rate-table.ts';
import type { SipKey } from '../clients/siphash.ts';
import type { ClientLists } from './fast-clients.ts';

export interface FastShared {
  readonly table: SharedArrayBuffer;
  readonly hashKey: HalfSipKey;
  /** The thread's own. */
  readonly counters: SharedArrayBuffer;
  /** Undefined where there is no rate. */
  readonly rates:
    | { readonly limits: RateLimits; readonly slotKey: HalfSipKey; readonly memory: SharedArrayBuffer }
    | undefined;
  readonly slip: { readonly every: number; readonly memory: SharedArrayBuffer };
  readonly settings: FastSettings;
}

/** What a reload, or another file of secrets, may change. */
export interface FastSettings {
  /** Of the table: what is put in later than these settings were made is not given by them. */
  readonly generation: number;
  /** Everything is handed over. */
  readonly isOff: boolean;
  readonly clients: ClientLists;
  /** Undefined where cookies are off. Of no use to anyone but this process's threads: not to be told to others. */
  readonly secrets: readonly SipKey[] | undefined;
  readonly nsid: Uint8Array;
}
