/**
 * Which action applies to a question and to its reply (draft-vixie-dnsop-dns-rpz-00 section 5): first by the position in the
 * chain of aliases, then by the order of the zones, within a zone client address before name before address before name server.
 */
import type { Question, ResourceRecord } from '../../../dns/message.ts';
import { equalNames, type Name } from '../../../dns/name.ts';
import { recordTypes } from '../../../dns/record-type.ts';
import type { Reply } from '../../reply.ts';
import type { FilterAction, FilterZone } from './filter-zone.ts';

export interface Verdict {
  readonly action: FilterAction;
  readonly reason: FilterZone['reason'];
  /** The name that is judged: the question's, or what it is an alias of. */
  readonly name: Name;
  /** The aliases that lead there. */
  readonly chain: readonly ResourceRecord[];
}

/** What the question alone decides; `undecided` when a zone of earlier order must see the reply, undefined for nothing. */
export function judgeQuestion(
  zones: readonly FilterZone[],
  { name }: Question,
  client: () => Uint8Array,
): Verdict | 'undecided' | undefined {
  let mustWait = false;
  for (const zone of zones) {
    const action = byClient(zone, client) ?? zone.name(name);
    if (action) return mustWait ? 'undecided' : { action, reason: zone.reason, name, chain: [] };
    mustWait ||= zone.looksAtReplies;
  }
  return undefined;
}

function byClient(zone: FilterZone, client: () => Uint8Array): FilterAction | undefined {
  return zone.looksAtClients ? zone.client(client()) : undefined;
}

/** What applies to the question with this reply. */
export function judgeReply(
  zones: readonly FilterZone[],
  reply: Reply,
  { question, client }: { readonly question: Question; readonly client: () => Uint8Array },
): Verdict | undefined {
  const chain = aliasesFrom(question, reply.answers);
  let { name } = question;
  for (let position = 0; position <= chain.length; position += 1) {
    for (const zone of zones) {
      const action =
        (position === 0 ? byClient(zone, client) : undefined) ??
        zone.name(name) ??
        (position === chain.length && zone.looksAtReplies ? byContent(zone, reply) : undefined);
      if (action) return { action, reason: zone.reason, name, chain: chain.slice(0, position) };
    }
    const alias = chain[position];
    if (alias?.rdata.kind === 'CNAME') name = alias.rdata.target;
  }
  return undefined;
}

/** The CNAME records that lead from the question's name to where the answer is. */
function aliasesFrom({ name, type }: Question, answers: readonly ResourceRecord[]): ResourceRecord[] {
  const chain: ResourceRecord[] = [];
  if (type === recordTypes.CNAME || answers.length === 0) return chain;
  let at = name;
  // As many steps as there are records: a chain that goes round ends there.
  while (chain.length < answers.length) {
    const owner = at;
    const alias = answers.find(({ rdata, name: each }) => rdata.kind === 'CNAME' && equalNames(each, owner));
    if (alias?.rdata.kind !== 'CNAME') break;
    chain.push(alias);
    at = alias.rdata.target;
  }
  return chain;
}

/** Of several addresses the one with the longest prefix decides. */
function byContent(zone: FilterZone, { answers, nameservers }: Reply): FilterAction | undefined {
  let best: { readonly action: FilterAction; readonly length: number } | undefined;
  for (const { rdata } of answers) {
    if (rdata.kind !== 'A' && rdata.kind !== 'AAAA') continue;
    const found = zone.address(rdata.address);
    if (found && (!best || found.length > best.length)) best = found;
  }
  if (best) return best.action;
  for (const server of nameservers ?? []) {
    const action = zone.nameserver(server);
    if (action) return action;
  }
  return undefined;
}
