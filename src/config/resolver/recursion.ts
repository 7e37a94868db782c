/** How names outside the forward zones are resolved from the root. */
import { z } from 'zod';
import { ipAddressKey, ipPrefixKey } from '../keys.ts';

/** Asking authoritative servers. */
const exchangeKeys = {
  /** Whether the case of the letters in a query is drawn by chance and must come back in the answer. */
  caseRandomisation: z.boolean().default(true),
  /** Whether servers are sent cookies (RFC 7873): who gives his own in return is believed with it only. */
  cookies: z.boolean().default(true),
  /** Networks in which no server is asked, besides loopback, link-local, multicast and the like. */
  doNotQuery: z.array(ipPrefixKey).default([]),
  /** Exceptions to that and to `doNotQuery`. The deployment's own addresses are never asked. */
  allowQuery: z.array(ipPrefixKey).default([]),
};

/** Finding the way down from the root. */
const iteratorKeys = {
  /** Where the root is, or the path of a file in the format of named.root; absent: the Internet's root servers. */
  rootHints: z
    .union([
      z
        .array(z.strictObject({ name: z.string(), addresses: z.array(ipAddressKey).min(1).max(16) }))
        .min(1)
        .max(32),
      z.string().startsWith('/', 'write the whole path: processes start in different folders'),
    ])
    .optional(),
  /** Whether the root is asked for its own list of servers first (RFC 9609). */
  priming: z.boolean().default(true),
  /** Whether servers are told no more of a name than they need to know (RFC 9156). */
  qnameMinimisation: z.boolean().default(true),
};

export const recursionSchema = z.strictObject({ ...iteratorKeys, ...exchangeKeys }).prefault({});

export type RecursionConfig = z.output<typeof recursionSchema>;
