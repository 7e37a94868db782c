/** How names outside the forward zones are resolved from the root. */
import { z } from 'zod';
import { ipPrefixKey } from '../keys.ts';

/** Asking authoritative servers. */
const exchangeKeys = {
  /** Whether the case of the letters in a query is drawn by chance and must come back in the answer. */
  caseRandomisation: z.boolean().default(true),
  /** Networks in which no server is asked, besides loopback, link-local, multicast and the like. */
  doNotQuery: z.array(ipPrefixKey).default([]),
  /** Exceptions to that and to `doNotQuery`. The deployment's own addresses are never asked. */
  allowQuery: z.array(ipPrefixKey).default([]),
};

export const recursionSchema = z.strictObject({ ...exchangeKeys }).prefault({});
