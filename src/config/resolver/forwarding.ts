/** Zones that are asked of other resolvers, or of the servers that have them, instead of by recursion. */
import { z } from 'zod';
import { ipAddressKey } from '../keys.ts';

export const forwardSchema = z
  .array(
    z.strictObject({
      zone: z.string(),
      upstreams: z.array(ipAddressKey).min(1).max(16),
    }),
  )
  .default([]);
