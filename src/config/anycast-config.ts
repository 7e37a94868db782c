/**
 * anycast.yaml: one file for the whole deployment, and the types of what it says.
 *
 * Three steps, three types: text -> raw (as written, the `input` of the schema) -> normalised (`AnycastConfig`: defaults
 * filled, durations in milliseconds, addresses and prefixes as values, frozen). Every process reads the same file, is told
 * `--pop NAME` and takes its slice with `popOf`.
 *
 * What always holds in a normalised configuration: the rules of `consistency.ts`. Options of health checks belong to the
 * checks: their schemas come in through `ConfigKinds`, so that this folder needs to know no check.
 */
import { z } from 'zod';
import type { IpAddress } from '../ip/address.ts';
import { asNumberKey, durationMs, ipAddressKey, ipPrefixKey, nodeNameKey } from './keys.ts';

/** What the registries of the program contribute to the schema: the options of each kind of health check, by kind. */
export interface ConfigKinds {
  readonly checks: Readonly<Record<string, z.ZodType>>;
  readonly drivers: readonly string[];
}

const serviceSchema = z.strictObject({
  /** The shared anycast addresses, at most one of each family. */
  addresses: z.array(ipAddressKey).min(1).max(2),
  /** Covering prefixes that stay announced whatever the health. */
  fallback: z.array(ipPrefixKey).max(2).default([]),
  /** The origin AS of every PoP. */
  asn: asNumberKey,
});

const forwardZoneSchema = z.strictObject({
  zone: z.string(),
  upstreams: z.array(ipAddressKey).min(1).max(16),
});

const resolverSchema = z.strictObject({
  port: z.number().int().min(1).max(65_535).default(53),
  /** Client networks that are answered; everyone else is refused. */
  accessList: z.array(ipPrefixKey).default([]),
  forward: z.array(forwardZoneSchema).min(1),
  cache: z
    .strictObject({
      /** Octets of answers kept. */
      maxBytes: z
        .number()
        .int()
        .min(65_536)
        .default(64 * 1024 * 1024),
      minTtl: durationMs.optional(),
      maxTtl: durationMs.default(86_400_000),
      maxNegativeTtl: durationMs.default(3_600_000),
    })
    .prefault({}),
  /** Milliseconds a client query may take in all before it is answered SERVFAIL. */
  queryTimeout: durationMs.default(4000),
  /** Milliseconds until the next upstream is tried. */
  upstreamTimeout: durationMs.default(800),
  /** The text of version.bind; the query is refused when absent. */
  version: z.string().max(255).optional(),
});

/** The keys that every check has; those of its kind stand beside them. */
export const checkSchema = z.looseObject({
  kind: z.string(),
  interval: durationMs.default(250),
  /** Between probes while the state is changing. */
  fastInterval: durationMs.default(50),
  timeout: durationMs.default(150),
  /** Healthy verdicts in a row that bring the state up. */
  rise: z.number().int().min(1).max(1000).default(3),
  /** Unhealthy verdicts in a row that bring it down. */
  fall: z.number().int().min(1).max(1000).default(3),
});

const neighbourSchema = z.strictObject({
  name: nodeNameKey,
  asn: asNumberKey,
  /** The neighbour's and our own address on the link, one of each family that runs BGP. */
  sessions: z
    .array(z.strictObject({ local: ipAddressKey, remote: ipAddressKey }))
    .min(1)
    .max(2),
  /** TCP MD5 (RFC 2385). Never logged, never shown by `status`. */
  password: z.string().min(1).max(80).optional(),
  /** GTSM (RFC 5082): only packets that came over no router are believed. Both ends must do it, or no session comes up. */
  ttlSecurity: z.boolean().default(false),
});

const popSchema = z.strictObject({
  /** Unicast addresses of this PoP alone, at most one of each family. */
  management: z.array(ipAddressKey).min(1).max(2),
  routerId: ipAddressKey.refine(
    address => address.family === 4 && address.text !== '0.0.0.0',
    'a router id is written as an IPv4 address, and is not 0.0.0.0 (RFC 6286)',
  ),
  driver: z.string().default('bird'),
  neighbours: z.array(neighbourSchema).min(1),
});

const bfdSchema = z.strictObject({
  interval: durationMs.default(100),
  multiplier: z.number().int().min(2).max(50).default(3),
});

/** The keys of the file. `checks` entries keep their kind's own keys in `options`. */
export const anycastSchema = z.strictObject({
  service: serviceSchema,
  resolver: resolverSchema,
  checks: z.record(nodeNameKey, checkSchema),
  bgp: z
    .strictObject({
      /** BIRD takes whole seconds; RFC 4271 section 4.2 allows no less than 3, and 65535 is what the field holds. */
      holdTime: durationMs
        .refine(ms => ms >= 3000 && ms <= 65_535_000, 'a hold time is 3 s to 65535 s (RFC 4271 section 4.2)')
        .default(9000),
      /** `off` where the neighbour has no BFD. */
      bfd: z.union([bfdSchema, z.literal('off')]).prefault({}),
    })
    .prefault({}),
  drain: z
    .strictObject({
      /** Queries count as quiet when none came for this long. */
      quiet: durationMs.default(500),
      /** A drain goes on after this long even when queries still come. */
      timeout: durationMs.default(10_000),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      resolverPort: z.number().int().min(1).max(65_535).default(9153),
      agentPort: z.number().int().min(1).max(65_535).default(9154),
      logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    })
    .prefault({}),
  pops: z.record(nodeNameKey, popSchema),
});

export type AnycastConfig = Readonly<z.output<typeof anycastSchema>>;
export type ServiceConfig = AnycastConfig['service'];
export type ResolverConfig = AnycastConfig['resolver'];
/** A check as configured; `options` holds the keys of its own kind, parsed by that kind's schema. */
export type CheckConfig = z.output<typeof checkSchema> & { readonly options?: unknown };
export type PopConfig = AnycastConfig['pops'][string];
export type NeighbourConfig = PopConfig['neighbours'][number];
export type BgpConfig = AnycastConfig['bgp'];

/** One PoP's slice of the configuration. */
export interface PopSlice {
  readonly name: string;
  readonly pop: PopConfig;
  readonly config: AnycastConfig;
}

/** The address of the given family among these, if there is one. */
export function addressOf(addresses: readonly IpAddress[], family: 4 | 6): IpAddress | undefined {
  return addresses.find(address => address.family === family);
}
