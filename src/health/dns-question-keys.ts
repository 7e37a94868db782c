/** Keys of a DNS question in anycast.yaml that more than one check has. */
import { z } from 'zod';
import { parseRcode } from '../dns/rcode.ts';

export const rcodeKey = z.string().transform((text, context) => {
  const rcode = parseRcode(text);
  if (rcode !== undefined) return rcode;
  context.addIssue({
    code: 'custom',
    message: `'${text}' is no response code: write NOERROR, NXDOMAIN, ...`,
  });
  return z.NEVER;
});

/** Types that dns2 knows, and whose data can be compared as one text. */
export const questionTypeKey = z.enum(['A', 'AAAA', 'CNAME', 'NS', 'PTR', 'SOA', 'TXT']);

/** A name as dns2 takes it: no final dot, the root empty. */
export function withoutFinalDot(name: string): string {
  return name.replace(/\.$/, '');
}
