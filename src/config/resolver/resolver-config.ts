/** The keys of `resolver`, each part with a schema of its own beside this file. */
import { z } from 'zod';
import { durationMs, ipPrefixKey } from '../keys.ts';
import { budgetSchema } from './budget.ts';
import { cacheSchema } from './cache.ts';
import { clientsSchema } from './clients.ts';
import { dnstapSchema } from './dnstap.ts';
import { forwardSchema } from './forwarding.ts';
import { namesSchema } from './names.ts';
import { recursionSchema } from './recursion.ts';
import { transportsSchema } from './transports.ts';

export const resolverSchema = z
  .strictObject({
    port: z.number().int().min(1).max(65_535).default(53),
    /**
     * Threads that take queries over UDP and answer those for which a finished answer is at hand; the kernel deals the
     * clients out among them. What they cannot answer goes to one thread, whatever their number. More than one pays where
     * there are processors to spare and one is busy answering; with none the one thread takes the queries itself.
     */
    threads: z.number().int().min(0).max(64).default(0),
    /**
     * Threads that ask upstreams and name servers, each for its share of the names; with none the one thread asks itself.
     * They pay where there are processors to spare: a question takes a quarter to a half more than on one thread, and no
     * thread half as much. Each has its share of the room for RRsets and knows the zones and servers that it has met: what
     * several learn they learn several times.
     */
    workers: z.number().int().min(0).max(64).default(0),
    /** Client networks that are answered; everyone else is refused. */
    accessList: z.array(ipPrefixKey).default([]),
    forward: forwardSchema,
    recursion: recursionSchema,
    transports: transportsSchema,
    clients: clientsSchema,
    names: namesSchema,
    cache: cacheSchema,
    budget: budgetSchema,
    dnstap: dnstapSchema,
    /** Milliseconds a client query may take in all before it is answered SERVFAIL. */
    queryTimeout: durationMs.default(4000),
    /** Milliseconds until the next upstream is tried. */
    upstreamTimeout: durationMs.default(800),
    /** The text of version.bind; the query is refused when absent. */
    version: z.string().max(255).optional(),
  })
  .prefault({});
