/**
 * Answers names from `names.records`. A name that has records there has no others: other types are denied. What is not there
 * is resolved as if nothing had been written. An alias that leads away is followed by the rest of the pipeline, so that
 * blocking and the cache see its target as they see any other name.
 */
import type { ResourceRecord } from '../../dns/message.ts';
import { rcodes } from '../../dns/rcode.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { followAlias } from '../names/follow-alias.ts';
import { LocalZone } from '../names/local-zone.ts';
import { type ClientQuery, type Next, type Outcome, type Policy, passThrough } from '../policy.ts';
import { emptyReply, type Reply } from '../reply.ts';

/** Aliases from one local name to the next: as many as any resolver follows, and an end to those that go round. */
const longestChain = 8;

export const localRecords: Policy = {
  name: 'local-records',
  stage: 'names',
  create: ({ config }, { names: { counters } }) => {
    const { records, steered } = config.resolver.names;
    if (records.length === 0) return passThrough;
    const zone = new LocalZone(
      records,
      steered.map(({ name }) => name),
    );
    return (query, next) => {
      if (query.question.class !== recordClasses.IN) return next(query);
      const outcome = answer(zone, query, next);
      if (!outcome) return next(query);
      counters.localRecords += 1;
      return outcome;
    };
  },
};

/** Undefined for a name that is not local. */
function answer(zone: LocalZone, query: ClientQuery, next: Next): Outcome | undefined {
  const { type } = query.question;
  const chain: ResourceRecord[] = [];
  let { name } = query.question;
  while (chain.length <= longestChain) {
    const found = zone.find(name, type);
    const isLocal = found.kind === 'no-data' ? zone.owns(name) : found.kind !== 'absent';
    if (!isLocal)
      return chain.length === 0
        ? undefined
        : followAlias(query, chain, { target: name, next, authoritative: true });
    if (found.kind !== 'alias') return local([...chain, ...(found.kind === 'records' ? found.records : [])]);
    chain.push(found.record);
    name = found.target;
  }
  // RFC 1034 section 3.6.2: a loop of aliases is an error.
  return emptyReply(rcodes.SERVFAIL, 'invalidData');
}

function local(answers: readonly ResourceRecord[]): Reply {
  return { ...emptyReply(rcodes.NOERROR), authoritative: true, answers };
}
