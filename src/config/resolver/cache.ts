/** What is remembered of answers, for how long, and what is done when it runs out. */
import { z } from 'zod';
import { durationMs, nodeNameKey } from '../keys.ts';

/**
 * Serving expired answers while no newer ones can be had (RFC 8767). On unless told otherwise: every PoP loses the same
 * authoritative servers at the same time, so that clients have nowhere else to go, and an answer of this morning is nearly
 * always the right one. A day, within the one to three that RFC 8767 section 5 suggests: it covers a night's outage.
 */
const serveStaleSchema = z.strictObject({
  /** How long after its end an answer may be given. */
  upTo: durationMs.default(86_400_000),
  /** How long a client waits for a newer answer; stub resolvers ask again, or elsewhere, after 2 s and more. */
  answerWithin: durationMs.default(1800),
  /** The TTL that such answers are given. */
  ttl: durationMs.default(30_000),
  /** How long nobody waits again after a question has failed. */
  retryAfter: durationMs.default(30_000),
});

/** Taking what another PoP's resolver has in its cache, before the service address is answered on. */
const warmUpSchema = z.strictObject({
  /** The PoPs to ask, in this order; `any`: each of the others, until one gives something. */
  from: z.union([z.literal('any'), z.array(nodeNameKey).min(1).max(16)]).default('any'),
  /** How long the start may take longer for it. */
  within: durationMs.default(2000),
});

export const cacheSchema = z
  .strictObject({
    /**
     * Octets that entries may take of the process's memory: half for answers, which clients' questions meet first (a
     * quarter of that for copies of those in use), half for the RRsets that recursion learns. Some 40 000 of the former and
     * 250 000 of the latter in the standard room.
     * The process may have one and a half times as much resident, and 288 MiB (`memory-bound.ts`).
     */
    maxBytes: z
      .number()
      .int()
      .min(65_536)
      .default(128 * 1024 * 1024),
    minTtl: durationMs.optional(),
    maxTtl: durationMs.default(86_400_000),
    maxNegativeTtl: durationMs.default(3_600_000),
    serveStale: z.union([z.literal('off'), serveStaleSchema]).prefault({}),
    /** Whether an answer that is asked for in the last tenth of its life is refreshed before it ends. */
    prefetch: z.boolean().default(true),
    warmUp: z.union([z.literal('off'), warmUpSchema]).default('off'),
  })
  .prefault({});
