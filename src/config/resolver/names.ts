/** Names that this resolver answers, changes or refuses by its own policy. */
import { z } from 'zod';
import { type Name, parseName, rootName } from '../../dns/name.ts';
import { parseRecord } from '../../dns/text/parse-record.ts';
import { TextFault } from '../../dns/text/text-fault.ts';
import { parseIpPrefix } from '../../ip/prefix.ts';
import { ipAddressKey, ipPrefixKey } from '../keys.ts';

const nameKey = z.string().transform((text, context): Name => {
  const name = parseName(text);
  if (name) return name;
  context.addIssue({ code: 'custom', message: `'${text}' is not a domain name` });
  return z.NEVER;
});

const recordKey = z.string().transform((text, context) => {
  try {
    return parseRecord(text, { origin: rootName, ttl: 3600 });
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    context.addIssue({ code: 'custom', message: `${error.message}, in '${text.slice(0, 80)}'` });
    return z.NEVER;
  }
});

const filePath = z.string().startsWith('/', 'write the whole path: processes start in different folders');

/** Seconds; more means 0 (RFC 2181 section 8). */
const ttlKey = z.number().int().min(0).max(0x7fff_ffff);

const addressesKey = z.array(ipAddressKey).min(1).max(64);

/** What whoever asks is told of the reason (RFC 8914 sections 4.16 to 4.18). */
const reasonKey = z.enum(['blocked', 'censored', 'filtered']).default('blocked');

const prefixes = (texts: readonly string[]) => texts.flatMap(text => parseIpPrefix(text) ?? []);

/** Private, loopback and link-local networks, and those that mean "this host". */
const inside = prefixes([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::/128',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]);

const steeredSchema = z.strictObject({
  name: nameKey,
  ttl: ttlKey.default(30),
  /** The first that fits decides; with both `pops` and `clients`, both must fit. */
  rules: z
    .array(
      z
        .strictObject({
          pops: z.array(z.string()).min(1).optional(),
          clients: z.array(ipPrefixKey).min(1).optional(),
          addresses: addressesKey,
        })
        .refine(
          ({ pops, clients }) => pops !== undefined || clients !== undefined,
          'name the PoPs or the clients that this is for; what is for all is `default`',
        ),
    )
    .max(1024)
    .default([]),
  default: addressesKey,
});

export const namesSchema = z
  .strictObject({
    /** Special-use names and the reverse zones of private networks are answered here (RFC 6303, 6761). */
    specialUse: z
      .strictObject({
        /** Names that are resolved as any other, with all below them: a zone, a part of one, or what several are in. */
        except: z.array(nameKey).default([]),
      })
      .prefault({}),
    /** What clients of plain DNS are told of DNS over TLS and HTTPS here (RFC 9462). */
    discovery: z
      .strictObject({
        /** The resolver's name in its certificate, which must have the service addresses too. */
        name: nameKey.refine(name => name.length > 1, 'the root is no name of a resolver'),
      })
      .optional(),
    /** Records in the form of zone files; other types of their names are denied. */
    records: z.array(recordKey).max(100_000).default([]),
    /** Names whose addresses depend on the PoP and on the client's network. */
    steered: z.array(steeredSchema).max(10_000).default([]),
    /** Files of names, as hosts files or one a line; each with all below it. The first list that holds a name decides. */
    blockLists: z
      .array(
        z.strictObject({
          file: filePath,
          /** `pass`: resolved whatever the lists and policy zones after this one say. */
          action: z.enum(['nxdomain', 'nodata', 'refused', 'drop', 'pass']).default('nxdomain'),
          reason: reasonKey,
        }),
      )
      .max(64)
      .default([]),
    /** Response policy zones in master-file format, after the block lists. */
    rpz: z
      .array(z.strictObject({ zone: nameKey, file: filePath, reason: reasonKey }))
      .max(64)
      .default([]),
    /** AAAA records made of A records for networks that have IPv6 only (RFC 6147). */
    dns64: z
      .strictObject({
        prefix: ipPrefixKey
          .refine(
            ({ family, length }) => family === 6 && [32, 40, 48, 56, 64, 96].includes(length),
            'a prefix of IPv6 and of 32, 40, 48, 56, 64 or 96 bits (RFC 6052 section 2.2)',
          )
          .refine(
            ({ length, octets }) => length < 96 || octets[8] === 0,
            'bits 64 to 71 of the prefix must be zero (RFC 6052 section 2.2)',
          ),
        /** Those behind the NAT64; absent: every client. */
        clients: z.array(ipPrefixKey).min(1).max(1024).optional(),
        /** AAAA records in these count as none (RFC 6147 section 5.1.4). */
        exclude: z.array(ipPrefixKey).default(prefixes(['::ffff:0:0/96'])),
      })
      .optional(),
    /** Addresses inside that names outside must not have (DNS rebinding). */
    rebinding: z
      .strictObject({
        /** Zones that may have them. */
        except: z.array(nameKey).default([]),
        prefixes: z.array(ipPrefixKey).min(1).default(inside),
      })
      .optional(),
  })
  .prefault({});

export type NamesConfig = z.output<typeof namesSchema>;
