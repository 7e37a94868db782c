/** What the iterator counts: plain numbers, bumped in place. */
export interface IteratorCounters {
  /** Questions answered SERVFAIL because they had just failed (RFC 9520). */
  rememberedFailures: number;
  /** Chains of aliases that were too long, or led back. */
  aliasLimits: number;
  /** Look-ups with too many referrals. */
  referralLimits: number;
  /** Name servers whose address was not looked up because enough had been. */
  addressLimits: number;
  /** Not asked, because no server of the zone answers and another question is looking whether one does. */
  unasked: number;
  /** Not asked, because too many questions to the zone were under way. */
  shed: number;
}

export function createIteratorCounters(): IteratorCounters {
  return { rememberedFailures: 0, aliasLimits: 0, referralLimits: 0, addressLimits: 0, unasked: 0, shed: 0 };
}
