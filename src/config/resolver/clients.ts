/** What is asked of clients, and how much each may ask. */
import { z } from 'zod';

export const clientsSchema = z.strictObject({}).prefault({});
