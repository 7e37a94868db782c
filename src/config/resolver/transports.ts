/** How clients may reach the resolver besides UDP and TCP on `port`. */
import { z } from 'zod';

export const transportsSchema = z.strictObject({}).prefault({});
