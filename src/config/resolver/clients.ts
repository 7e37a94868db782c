/** What is asked of clients, and how much each may ask. */
import { z } from 'zod';
import { durationMs, ipPrefixKey } from '../keys.ts';

const amount = z.number().int().min(1).max(1e6);
const off = z.literal('off');

/** What one host may; whole networks have multiples of it (`resolver/clients/prefix-slots.ts`). */
export const clientsSchema = z
  .strictObject({
    /** DNS cookies (RFC 7873). Not without a secret that all PoPs share: a client's next query may meet another PoP. */
    cookies: z
      .union([
        z.strictObject({
          /** Secrets of 32 hexadecimal digits, one a line: the first makes cookies, all are accepted. */
          secretFile: z
            .string()
            .startsWith('/', 'write the whole path: processes start in different folders'),
        }),
        off,
      ])
      .default('off'),
    rateLimit: z
      .union([
        z.strictObject({
          perSecond: amount.default(2000),
          /** Queries at once, before `perSecond` counts. */
          burst: amount.default(4000),
          /** Each so-many-th query above the limit is told to ask over TCP, the others get silence; 0 for silence alone. */
          slip: z.number().int().min(0).max(100).default(2),
        }),
        off,
      ])
      .prefault({}),
    /** Questions that other name servers are being asked. */
    inFlight: z.union([amount, off]).default(1000),
    /** An answer over UDP that took longer is not sent, unless the client's address is proven. */
    discardAfter: z.union([off, durationMs]).default(1900),
    /** How many times as much clients may over a connection, or with a good cookie: forging their address is in vain. */
    provenFactor: z.number().int().min(1).max(1000).default(10),
    /** Networks without any of these limits; the PoPs' own addresses never have them. */
    exempt: z.array(ipPrefixKey).default([]),
  })
  .prefault({});

export type ClientsConfig = z.output<typeof clientsSchema>;
