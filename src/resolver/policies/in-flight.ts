/**
 * Caps the questions that name servers are being asked for one client network: each holds memory and sockets for as long as
 * they like. Above it SERVFAIL, at once: the client turns to another resolver, and nothing is stored up (DNSBomb,
 * CVE-2024-33655). Where an old answer may stand in for a failure, it does.
 */
import { extendedErrorOption, extendedErrors } from '../../dns/options/extended-error.ts';
import { rcodes } from '../../dns/rcode.ts';
import { whenSettled } from '../../system/when-settled.ts';
import type { Policy } from '../policy.ts';
import { emptyReply, type Reply, withOption } from '../reply.ts';

export const inFlight: Policy = {
  name: 'in-flight',
  stage: 'resolution',
  create: (_slice, { clients }) => {
    const { underWay, counters } = clients;
    if (!underWay) return (query, next) => next(query);
    return (query, next) => {
      const { client, isAddressProven } = query;
      if (clients.isExempt(client.address)) return next(query);
      if (!underWay.hasRoom(client.address, isAddressProven)) {
        counters.limited.underWay += 1;
        return tooManyUnderWay();
      }
      const outcome = next(query);
      if (!(outcome instanceof Promise)) return outcome;
      underWay.begin(client.address, isAddressProven);
      return whenSettled(outcome, () => underWay.end(client.address, isAddressProven));
    };
  },
};

function tooManyUnderWay(): Reply {
  return withOption(
    emptyReply(rcodes.SERVFAIL),
    extendedErrorOption({ infoCode: extendedErrors.other, text: 'too many questions under way' }),
  );
}
