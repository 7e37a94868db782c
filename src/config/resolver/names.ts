/** Names that this resolver answers, changes or refuses by its own policy. */
import { z } from 'zod';

export const namesSchema = z.strictObject({}).prefault({});
