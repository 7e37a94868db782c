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
