/** Zones that are asked of other resolvers, or of the servers that have them, instead of by recursion. */
import { z } from 'zod';
import { ipAddressKey } from '../keys.ts';

const portKey = z.number().int().min(1).max(65_535);

const provenKeys = {
  /** What the certificate must be for (RFC 8310, strict); sent as SNI. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'a host name, without a dot at its end'),
  /** PEM file of the authorities to trust; the system's when absent. */
  caFile: z.string().min(1).optional(),
};

const tlsSchema = z.strictObject({ ...provenKeys, port: portKey.default(853) });

const httpsSchema = z.strictObject({
  ...provenKeys,
  port: portKey.default(443),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._~/-]{0,255}$/, 'a path is a slash, then letters, digits and -._~/')
    .default('/dns-query'),
});

/** An address, asked in clear text; or one with `tls` or `https`, asked so (RFC 7858, RFC 8484) and in no other way. */
const upstreamSchema = z
  .union([
    ipAddressKey,
    z
      .strictObject({ address: ipAddressKey, tls: tlsSchema.optional(), https: httpsSchema.optional() })
      .refine(({ tls, https }) => !(tls && https), 'an upstream is asked over tls or over https, not both'),
  ])
  .transform(upstream =>
    'text' in upstream ? { address: upstream, tls: undefined, https: undefined } : upstream,
  );

export const forwardSchema = z
  .array(
    z.strictObject({
      zone: z.string(),
      upstreams: z.array(upstreamSchema).min(1).max(16),
    }),
  )
  .default([]);
