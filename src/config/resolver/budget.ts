/** What resolving one client query may cost in all, whatever it leads to. */
import { z } from 'zod';

const amount = (least: number, standard: number) => z.number().int().min(least).max(1e9).default(standard);

/** Time is `queryTimeout`; see `resolver/work-budget.ts` for what each limit stops. */
export const budgetSchema = z
  .strictObject({
    /** Queries sent to name servers and upstreams, over any transport. */
    packets: amount(10, 100),
    /** Octets received from them. */
    bytes: amount(4096, 256 * 1024),
    /** Octets that names in what was received expand to. */
    nameBytes: amount(4096, 512 * 1024),
  })
  .prefault({});
