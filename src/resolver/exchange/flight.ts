/** A question under way, and the wait of those who asked the same meanwhile. */
import type { AuthorityAnswer, AuthorityRequest } from '../iterator/authorities.ts';
import type { Deadlines } from './deadlines.ts';
import type { Errand } from './errand.ts';

/** `abandoned`: whoever asked first ran out of budget, or gave up; it says nothing about the servers. */
export type Landing = { readonly answer: AuthorityAnswer | undefined } | 'abandoned';

/**
 * It lets go of everything when it has landed: V8 keeps the tables of a busy Map for long after it has outgrown them, and
 * what hangs from their entries with them.
 */
export interface Flight {
  /** Made for the first who joins. */
  landing: PromiseWithResolvers<Landing> | undefined;
  errand: Errand | undefined;
  joiners: number;
}

/** Waits for somebody else's flight, for no longer than one's own request may take. @throws BudgetExhausted; the signal's reason. */
export async function joinFlight(
  landing: Promise<Landing>,
  { budget, signal }: AuthorityRequest,
  deadlines: Deadlines,
): Promise<Landing> {
  const late = Promise.withResolvers<never>();
  const abort = (): void => late.reject(signal.reason);
  // One millisecond more, so that the budget has noticed.
  const deadline = deadlines.set(budget.remainingMs + 1, () => {
    try {
      budget.spend('packets', 0);
    } catch (error) {
      late.reject(error);
    }
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([landing, late.promise]);
  } finally {
    deadline.callOff();
    signal.removeEventListener('abort', abort);
  }
}
