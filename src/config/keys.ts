/** Schema keys for durations, addresses, prefixes, AS numbers and names, parsed into values here and nowhere later. */
import { z } from 'zod';
import { type IpAddress, parseIpAddress } from '../ip/address.ts';
import { type IpPrefix, parseIpPrefix } from '../ip/prefix.ts';
import { type Milliseconds, parseDuration } from './duration.ts';

/** A schema key for a duration; its value is milliseconds. */
export const durationMs = z.string().transform((text, context): Milliseconds => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: `'${text}' is not a duration: write 50ms, 2s, 10m, 1h or 1d` });
  return z.NEVER;
});

export const ipAddressKey = parsed(parseIpAddress, text => `'${text}' is not an IP address`);

export const ipPrefixKey = parsed(
  parseIpPrefix,
  text => `'${text}' is not a prefix: write address/length with no host bits set`,
);

/** A 4-octet AS number; 0, 23456 and the last one are reserved (RFC 7607, RFC 6793, RFC 7300). */
export const asNumberKey = z
  .number()
  .int()
  .min(1)
  .max(4_294_967_294)
  .refine(asn => asn !== 23_456, 'AS 23456 (AS_TRANS) names no network');

/** A name that serves as file name, BIRD symbol, metric label and NSID alike. */
export const nodeNameKey = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}$/,
    'a name is a lower-case letter, then up to 30 letters, digits and hyphens',
  );

/** A community as written: RFC 1997 `asn:value`, RFC 8092 `asn:first:second`, or a name that the field knows. */
export type Community =
  | readonly [asn: number, value: number]
  | readonly [asn: number, first: number, second: number];

/** Names from IANA's registry of well-known communities. BLACKHOLE (RFC 7999) asks for our traffic to be dropped: not here. */
const wellKnownCommunities: Readonly<Record<string, Community>> = {
  'graceful-shutdown': [65_535, 0],
  'no-export': [65_535, 65_281],
  'no-advertise': [65_535, 65_282],
  'no-peer': [65_535, 65_284],
};

export const communityKey = z.string().transform((text, context): Community => {
  const named = Object.hasOwn(wellKnownCommunities, text) ? wellKnownCommunities[text] : undefined;
  if (named) return named;
  const parts = /^\d+(:\d+){1,2}$/.test(text) ? text.split(':').map(Number) : [];
  const [asn = -1, first = -1, second] = parts;
  const largest = second === undefined ? 0xffff : 0xffff_ffff;
  const names = Object.keys(wellKnownCommunities).join(', ');
  if (parts.length === 0 || parts.some(part => part > largest))
    context.addIssue({
      code: 'custom',
      message: `'${text}' is no community: write 64500:1, 64500:1:2 or one of ${names}`,
    });
  else if (asn === 65_535 && first === 666 && second === undefined)
    context.addIssue({ code: 'custom', message: 'BLACKHOLE (RFC 7999) would have the service dropped' });
  else return second === undefined ? [asn, first] : [asn, first, second];
  return z.NEVER;
});

function parsed<T extends IpAddress | IpPrefix>(
  parse: (text: string) => T | undefined,
  complaint: (text: string) => string,
) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value) return value;
    context.addIssue({ code: 'custom', message: complaint(text) });
    return z.NEVER;
  });
}
