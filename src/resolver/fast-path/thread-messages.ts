/** What the resolver's thread tells a listener thread. Read after a ring of the wake-up: a listener thread has no event loop. */

/** A socket as its thread has to know it. */
export interface ThreadSocket {
  /** No other socket of the process has had it. */
  readonly id: number;
  readonly fd: number;
  /** The number of its lane (`listeners/lanes.ts`): what is handed over goes by the ring of that. */
  readonly lane: number;
  readonly isService: boolean;
  /** Whether every datagram goes to the resolver's thread, as behind proxies. */
  readonly handsAllOver: boolean;
  /** Whether the thread is to answer what has arrived and then leave the socket alone. */
  readonly isEnding: boolean;
}

/** Where the fast path comes from: a module that exports `openFastPath`, and what that is given. */
export interface FastPathSource {
  /** Its URL. */
  readonly module: string;
  /** What the thread of this number is given as of now; must survive the way to it (structured clone). */
  sharedFor(thread: number): unknown;
}

export interface ThreadData {
  readonly state: SharedArrayBuffer;
  /** By lane. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly wakeUp: number;
  readonly fastPath: { readonly module: string; readonly shared: unknown };
  readonly sockets: readonly ThreadSocket[];
}

export type ThreadMessage =
  | { readonly kind: 'socket'; readonly socket: ThreadSocket }
  /** The fast path is opened anew, with this. */
  | { readonly kind: 'shared'; readonly shared: unknown }
  | { readonly kind: 'stop' };

/** The one thing that a thread says: it has begun. Everything else goes through the ring. */
export const hasBegun = 'begun';
