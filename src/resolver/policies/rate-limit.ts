/**
 * Answers nobody more often than his network may ask, so that a forged flood is not sent on to whoever has the address.
 *
 * Above the rate a query gets silence, but for each `slip`th: the true client is told what a forger will not hear, to ask
 * over TCP, or (RFC 7873 section 5.2.3) with the cookie that comes with BADCOOKIE. What it asks then counts as proven, of
 * which it has far more; above that too it is refused in words, which no longer hurt anyone else.
 */
import { extendedErrorOption, extendedErrors } from '../../dns/options/extended-error.ts';
import { rcodes } from '../../dns/rcode.ts';
import type { ClientQuery, Policy } from '../policy.ts';
import { askOverTcp, emptyReply, type Reply, silence, withOption } from '../reply.ts';

export const rateLimit: Policy = {
  name: 'rate-limit',
  stage: 'clients',
  create: (_slice, { clients }) => {
    const { slip } = clients;
    const { limited } = clients.counters;
    const limitedReply = ({ isAddressProven, cookie }: ClientQuery): Reply => {
      if (isAddressProven) {
        limited.refused += 1;
        return tooMany();
      }
      if (!slip.isDue()) {
        limited.dropped += 1;
        return silence;
      }
      if (cookie === 'absent') {
        limited.truncated += 1;
        return askOverTcp;
      }
      limited.badCookie += 1;
      return emptyReply(rcodes.BADCOOKIE);
    };
    return (query, next) =>
      clients.admit(query.client.address, query.isAddressProven) ? next(query) : limitedReply(query);
  },
};

function tooMany(): Reply {
  return withOption(
    emptyReply(rcodes.REFUSED),
    extendedErrorOption({ infoCode: extendedErrors.other, text: 'too many queries' }),
  );
}
