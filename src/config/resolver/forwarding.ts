/** Zones that are asked of other resolvers, or of the servers that have them, instead of by recursion. */
import { z } from 'zod';
import { ipAddressKey } from '../keys.ts';

const tlsSchema = z.strictObject({
  /** What the certificate must be for (RFC 8310, strict); sent as SNI. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'a host name, without a dot at its end'),
  port: z.number().int().min(1).max(65_535).default(853),
  /** PEM file of the authorities to trust; the system's when absent. */
  caFile: z.string().min(1).optional(),
});

/** An address, asked in clear text; or one with `tls`, asked over TLS (RFC 7858) and in no other way. */
const upstreamSchema = z
  .union([ipAddressKey, z.strictObject({ address: ipAddressKey, tls: tlsSchema.optional() })])
  .transform(upstream => ('text' in upstream ? { address: upstream, tls: undefined } : upstream));

export const forwardSchema = z
  .array(
    z.strictObject({
      zone: z.string(),
      upstreams: z.array(upstreamSchema).min(1).max(16),
    }),
  )
  .default([]);
