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
import { asNumberKey, communityKey, durationMs, ipAddressKey, ipPrefixKey, nodeNameKey } from './keys.ts';
import { resolverSchema } from './resolver/resolver-config.ts';

/** What the registries of the program contribute to the schema: the options of each kind of health check, by kind. */
export interface ConfigKinds {
  readonly checks: Readonly<Record<string, z.ZodType>>;
  readonly drivers: readonly string[];
}

/** What a failure can be a failure of; ARCHITECTURE.md says what each does to the routes. */
export const faultClasses = ['local-hard', 'local-soft', 'shared', 'overload'] as const;

const communitiesKey = z.array(communityKey).max(16).default([]);

/** Attributes of a route, in the shape that `routing/announcement.ts` has them. */
const attributesSchema = z
  .strictObject({
    /** Our own AS number, this many times more. */
    prepend: z.number().int().min(0).max(16).default(0),
    /** Compared only between routes of one neighbour AS. */
    med: z.number().int().min(0).max(0xffff_ffff).optional(),
    communities: communitiesKey,
  })
  .transform(({ communities, prepend, med }) => ({
    communities: communities.filter(each => each.length === 2),
    largeCommunities: communities.filter(each => each.length === 3),
    prepend,
    ...(med !== undefined && { med }),
  }));

/** What a fault does to the routes: nothing, other attributes, or their end. */
const faultActionSchema = z.union([
  z.enum(['keep', 'withdraw']),
  z.strictObject({ degrade: attributesSchema }),
]);

const serviceSchema = z.strictObject({
  /** The shared anycast addresses, at most one of each family. */
  addresses: z.array(ipAddressKey).min(1).max(2),
  /** Covering prefixes that stay announced whatever the health. */
  fallback: z.array(ipPrefixKey).max(2).default([]),
  /** The origin AS of every PoP. */
  asn: asNumberKey,
  /** Attributes of the host routes whatever the state, e.g. `no-export` where they must not leave the neighbour's AS. */
  announce: attributesSchema.prefault({}),
  /**
   * No soft fault and no drain takes a PoP out unless this many others are known to announce and to stay. Absent: 1, or 0
   * where there is only one PoP (see `minimumPopsOf`).
   */
  minimumPops: z.number().int().min(0).max(1000).optional(),
});

/** The keys that every check has; those of its kind stand beside them. */
export const checkSchema = z.looseObject({
  kind: z.string(),
  /** What its failure is a failure of; absent: as the kind of check says. */
  class: z.enum(faultClasses).optional(),
  interval: durationMs.default(250),
  /** Between probes while the state is changing. */
  fastInterval: durationMs.default(50),
  timeout: durationMs.default(150),
  /** Healthy verdicts in a row that bring the state up. */
  rise: z.number().int().min(1).max(1000).default(3),
  /** Unhealthy verdicts in a row that bring it down. */
  fall: z.number().int().min(1).max(1000).default(3),
});

/** Octets of a key for TCP MD5 (Linux: TCP_MD5SIG_MAXKEYLEN). */
export const longestPassword = 80;

const neighbourSchema = z.strictObject({
  name: nodeNameKey,
  asn: asNumberKey,
  /** The neighbour's and our own address on the link, one of each family that runs BGP. */
  sessions: z
    .array(z.strictObject({ local: ipAddressKey, remote: ipAddressKey }))
    .min(1)
    .max(2),
  /** TCP MD5 (RFC 2385). Never logged, never shown by `status`. */
  password: z.string().min(1).max(longestPassword).optional(),
  /** Instead of `password`: the file that holds it, read by the sidecar alone when it starts. */
  passwordFile: z
    .string()
    .startsWith('/', 'write the whole path: processes start in different folders')
    .optional(),
  /** GTSM (RFC 5082): only packets that came over no router are believed. Both ends must do it, or no session comes up. */
  ttlSecurity: z.boolean().default(false),
  /** `off` where this neighbour has no BFD although others have. */
  bfd: z.literal('off').optional(),
  /**
   * A program that says whether the neighbour's best path to `{prefix}` leads here: exit code 0 yes, 1 no, anything else
   * unknown. Where the neighbour has a looking glass, or is a router of one's own.
   */
  lookingGlass: z.array(z.string().min(1)).min(1).max(32).optional(),
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
      /** What is taken from neighbours: nothing, or a default route and nothing else. */
      import: z.enum(['none', 'default']).default('none'),
      /** Validators that BIRD asks over RTR (RFC 8210); only of use where routes are imported. */
      rpki: z
        .array(
          z.strictObject({ address: ipAddressKey, port: z.number().int().min(1).max(65_535).default(323) }),
        )
        .max(4)
        .default([]),
    })
    .prefault({}),
  /** What a fault of each class does to the routes. A local-hard fault always withdraws. */
  faults: z
    .strictObject({
      'local-soft': faultActionSchema.default('withdraw'),
      /** Only where it turns out to be ours alone. */
      shared: faultActionSchema.default('withdraw'),
      overload: faultActionSchema.default('keep'),
    })
    .prefault({}),
  damping: z
    .union([
      z.strictObject({
        /** How long all must be well before a route returns after its first flap; doubled by each further one. */
        hold: durationMs.default(250),
        /** A flap counts 1, and half as much after this time. */
        halfLife: durationMs.default(60_000),
        /** As many flaps suppress the route. */
        suppress: z.number().min(1).max(100).default(4),
        /** Below this the route may return. */
        reuse: z.number().min(0.1).max(100).default(1),
        /** No suppression lasts longer. */
        maximum: durationMs.default(600_000),
      }),
      z.literal('off'),
    ])
    .prefault({}),
  /** The agent's promise to its sidecar that it is alive. */
  lease: z
    .strictObject({
      /** How long one renewal lasts; renewed three times as often. */
      duration: durationMs.refine(ms => ms >= 500 && ms <= 3_600_000, 'a lease is 500ms to 1h').default(3000),
      /** What the sidecar does when it runs out: withdraw the host routes, or leave them as they are. */
      onAgentLoss: z.enum(['withdraw', 'hold']).default('withdraw'),
    })
    .prefault({}),
  /** How PoPs look at each other, from management address to management address. */
  peers: z
    .strictObject({
      interval: durationMs.default(2000),
      timeout: durationMs.default(300),
    })
    .prefault({}),
  drain: z
    .strictObject({
      /** Queries count as quiet when none came for this long. */
      quiet: durationMs.default(500),
      /** A drain goes on after this long even when queries still come. */
      timeout: durationMs.default(10_000),
      /** GRACEFUL_SHUTDOWN (RFC 8326) and prepends this long before the withdrawal; `off` withdraws at once. */
      gracefulShutdown: z
        .union([
          z.strictObject({
            wait: durationMs.default(1000),
            prepend: z.number().int().min(0).max(16).default(0),
          }),
          z.literal('off'),
        ])
        .default('off'),
      /** What SIGTERM to the agent does: withdraw, the whole drain, or leave the routes until the lease runs out. */
      onStop: z.enum(['withdraw', 'drain', 'keep']).default('withdraw'),
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
export type FaultActions = Immutable<AnycastConfig['faults']>;
export type FaultAction = FaultActions['local-soft'];
export type DampingConfig = AnycastConfig['damping'];

/** What is frozen when it has been read; zod's own types do not say so. */
type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

/** One PoP's slice of the configuration. */
export interface PopSlice {
  readonly name: string;
  readonly pop: PopConfig;
  readonly config: AnycastConfig;
}

/** The PoPs that must go on announcing whatever goes softly wrong. */
export function minimumPopsOf({ service, pops }: AnycastConfig): number {
  return service.minimumPops ?? Math.min(1, Object.keys(pops).length - 1);
}

/** The address of the given family among these, if there is one. */
export function addressOf(addresses: readonly IpAddress[], family: 4 | 6): IpAddress | undefined {
  return addresses.find(address => address.family === family);
}
