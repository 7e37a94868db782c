/**
 * Says which PoP answers: `id.server` and `hostname.bind` in CH TXT (RFC 4892), and NSID (RFC 5001) on any query that
 * asks for it. `version.bind` is told only when the configuration gives a text for it.
 */
import type { PopSlice } from '../../config/anycast-config.ts';
import { findOption, optionCodes } from '../../dns/edns.ts';
import type { Question, ResourceRecord } from '../../dns/message.ts';
import { nameKey, parseName, rootName } from '../../dns/name.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import type { Policy } from '../policy.ts';
import { emptyReply, type Reply, withOption } from '../reply.ts';

export const identity: Policy = {
  name: 'identity',
  stage: 'local',
  create: slice => {
    const { name: pop, config } = slice;
    const { version } = config.resolver;
    const texts = new Map<string, string>(
      [
        ['id.server', pop],
        ['hostname.bind', pop],
        ...(version === undefined
          ? []
          : [
              ['version.bind', version],
              ['version.server', version],
            ]),
      ].map(([name = '', text = '']) => [nameKey(parseName(name) ?? rootName), text]),
    );
    const nsid = { code: optionCodes.nsid, data: nsidOf(slice) };
    return (query, next) => {
      const { message, question } = query;
      const outcome =
        question.class === recordClasses.CH
          ? chaosReply(question, texts.get(nameKey(question.name)))
          : next(query);
      if (!findOption(message.edns, optionCodes.nsid)) return outcome;
      return outcome instanceof Promise
        ? outcome.then(reply => withOption(reply, nsid))
        : withOption(outcome, nsid);
    };
  },
};

/** What NSID says of this PoP. */
export function nsidOf({ name }: PopSlice): Uint8Array {
  return characterString(name);
}

function chaosReply(question: Question, text: string | undefined): Reply {
  if (text === undefined) return emptyReply(rcodes.REFUSED);
  const isAsked = question.type === recordTypes.TXT || question.type === recordTypes.ANY;
  return {
    ...emptyReply(rcodes.NOERROR),
    authoritative: true,
    answers: isAsked ? [txtRecord(question, text)] : [],
  };
}

/** TTL 0: the next query may land at another PoP. */
function txtRecord({ name }: Question, text: string): ResourceRecord {
  const rdata = { kind: 'TXT', strings: [characterString(text)] } as const;
  return { name, type: recordTypes.TXT, class: recordClasses.CH, ttl: 0, rdata };
}

function characterString(text: string): Uint8Array {
  // A character-string holds 255 octets (RFC 1035 section 3.3).
  return new TextEncoder().encode(text).subarray(0, 255);
}
