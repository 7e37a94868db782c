/** How names outside the forward zones are resolved from the root. */
import { z } from 'zod';

export const recursionSchema = z.strictObject({}).prefault({});
