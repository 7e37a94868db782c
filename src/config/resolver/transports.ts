/** How clients may reach the resolver besides UDP and TCP on `port`, who may speak for them, and how many may be connected. */
import { z } from 'zod';
import { durationMs, ipPrefixKey } from '../keys.ts';

const portKey = z.number().int().min(1).max(65_535);

const fileKey = z.string().startsWith('/', 'write the whole path: processes start in different folders');

export const transportsSchema = z
  .strictObject({
    /** Bounds of all that comes over TCP, whatever is spoken in it. */
    connections: z
      .strictObject({
        /** In all. */
        total: z.number().int().min(16).max(1_000_000).default(1024),
        /** Of one IPv4 address, or of one IPv6 /64. */
        perClient: z.number().int().min(1).max(1_000_000).default(64),
        /** Time without a query before a connection is closed; less under load. */
        idleTimeout: durationMs.default(10_000),
      })
      .prefault({}),
    /** PEM files of the chain, leaf first, and of its key: read at start, by a reload, and when they have changed. */
    tls: z.strictObject({ certificate: fileKey, key: fileKey }).optional(),
    /** DNS over TLS (RFC 7858); absent: off. */
    dot: z.strictObject({ port: portKey.default(853) }).optional(),
    /** DNS over HTTPS (RFC 8484); absent: off. */
    doh: z
      .strictObject({
        port: portKey.default(443),
        path: z
          .string()
          .regex(/^\/[A-Za-z0-9._~/-]{0,255}$/, 'a path is a slash, then letters, digits and -._~/')
          .default('/dns-query'),
      })
      .optional(),
    /** Peers that must begin with a PROXY header (version 2), and are believed in what it says; nobody else may. */
    proxy: z.strictObject({ from: z.array(ipPrefixKey).min(1).max(256) }).optional(),
  })
  .prefault({});
