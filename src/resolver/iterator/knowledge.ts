/**
 * What the RRset cache knows of names, as look-ups see it: data, aliases, redirections by DNAME records above, denials.
 *
 * Only what a zone's own servers have answered is kept, and only what may be told without asking again.
 */
import { labelCount, type Name } from '../../dns/name.ts';
import { recordClasses } from '../../dns/record-class.ts';
import { recordTypes } from '../../dns/record-type.ts';
import { type RRset, type RRsetStore, ranks } from '../cache/rrset.ts';
import type { Found } from './found-reply.ts';
import { type AnswerFinding, madeFor, redirected, targetOf } from './response.ts';

export class Knowledge {
  readonly #store: RRsetStore;

  constructor(store: RRsetStore) {
    this.#store = store;
  }

  /** Undefined when somebody must be asked. */
  find(name: Name, type: number): Found | undefined {
    const store = this.#store;
    const rrset = store.find(name, type, ranks.answer);
    if (rrset) return known([], { kind: 'data', rrset });
    const denial = store.findDenial(name, type);
    if (denial) return known([], { ...denial, kind: 'denial', name });
    if (type !== recordTypes.CNAME) {
      const cname = store.find(name, recordTypes.CNAME, ranks.answer);
      const target = cname && targetOf(cname);
      if (target) return known([cname], { kind: 'alias', target });
    }
    const dname = store.findAbove(name, recordTypes.DNAME, ranks.answer);
    const step = dname && redirected(name, dname);
    if (!step) return undefined;
    const made = madeFor(type, step);
    if (made) return known([dname], { kind: 'data', rrset: made });
    return known(step.rrsets, step.target ? { kind: 'alias', target: step.target } : { kind: 'too-long' });
  }

  /** Whether a shortened name is known to exist, so that nobody need be asked for it. */
  isThere(name: Name): boolean {
    const store = this.#store;
    if (store.find(name, recordTypes.A, ranks.answer)) return true;
    const denial = store.findDenial(name, recordTypes.A);
    if (denial) return denial.type !== undefined;
    return store.find(name, recordTypes.CNAME, ranks.answer) !== undefined;
  }

  keep({ chain, end, isAuthoritative }: AnswerFinding): void {
    const store = this.#store;
    const rank = isAuthoritative ? ranks.authoritativeAnswer : ranks.answer;
    let before: RRset | undefined;
    for (const rrset of chain) {
      // A CNAME RRset that was made of the DNAME RRset before it is made anew each time.
      if (before?.type !== recordTypes.DNAME && !isOfWildcard(rrset)) store.keep(rrset, rank);
      before = rrset;
    }
    // Nor is one made of a DNAME RRset kept that was asked for itself.
    const isMade = before?.type === recordTypes.DNAME;
    if (end.kind === 'data' && !isMade && !isOfWildcard(end.rrset)) store.keep(end.rrset, rank);
    if (end.kind === 'denial' && end.ttl > 0 && isAuthoritative)
      store.keepDenial({ ...end, class: recordClasses.IN });
  }
}

function known(chain: readonly RRset[], end: AnswerFinding['end']): Found {
  return { kind: 'answer', chain, end, proof: [], isAuthoritative: true };
}

/**
 * Whether a wildcard of a signed zone stands behind it (RFC 4035 section 5.3.1): right only together with the proof that
 * there is no nearer name, which is in the reply and its cache, so that it is not kept without.
 */
function isOfWildcard({ name, signatures }: RRset): boolean {
  const labels = labelCount(name) - (name[0] === 1 && name[1] === 0x2a ? 1 : 0);
  return signatures.some(({ rdata }) => rdata.kind === 'RRSIG' && rdata.labels < labels);
}
