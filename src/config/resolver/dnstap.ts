/** Where a copy of the queries and replies goes. */
import { z } from 'zod';

export const dnstapSchema = z.strictObject({}).optional();
