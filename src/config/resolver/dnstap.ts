/** Where a copy of the queries and replies goes. */
import { z } from 'zod';

const wholePath = z.string().startsWith('/', 'write the whole path: processes start in different folders');

export const dnstapSchema = z
  .strictObject({
    /** The Unix socket of a reader (`fstrm_capture`, dnscollector, vector): this or `file`. */
    socket: wholePath.optional(),
    /** A file, in a folder that the resolver may write in. */
    file: wholePath.optional(),
    /** Messages of clients, as they came. */
    queries: z.boolean().default(true),
    /** What they were answered. */
    responses: z.boolean().default(true),
    /** Our own questions to authoritative servers and to upstreams, and their answers. */
    resolver: z.boolean().default(false),
    /** One in so many, query and response alike: of clients' queries, and of our own. */
    sampleEvery: z.number().int().min(1).max(1_000_000).default(1),
    /** Who tells; absent: the name of the PoP. */
    identity: z.string().min(1).max(255).optional(),
  })
  .refine(
    ({ socket, file }) => (socket === undefined) !== (file === undefined),
    'name a socket or a file, one of the two',
  )
  .optional();

export type DnstapConfig = Readonly<NonNullable<z.output<typeof dnstapSchema>>>;
