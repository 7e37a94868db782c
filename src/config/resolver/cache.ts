/** What is remembered of answers, and for how long. */
import { z } from 'zod';
import { durationMs } from '../keys.ts';

export const cacheSchema = z
  .strictObject({
    /** Octets of answers kept. */
    maxBytes: z
      .number()
      .int()
      .min(65_536)
      .default(64 * 1024 * 1024),
    minTtl: durationMs.optional(),
    maxTtl: durationMs.default(86_400_000),
    maxNegativeTtl: durationMs.default(3_600_000),
  })
  .prefault({});
