/** The one error that reading DNS octets can end in. */

export type WireFaultCode =
  | 'truncated' // the message ends inside a field
  | 'pointer-forward' // a compression pointer that does not point at an earlier name (RFC 1035 section 4.1.4)
  | 'pointer-limit' // more compression pointers in one name than it can have labels
  | 'pointer-forbidden' // compression where RFC 3597 section 4 has none
  | 'name-too-long' // more than 255 octets (RFC 1035 section 2.3.4)
  | 'label-type' // a label whose two high bits are 01 or 10 (RFC 6891 section 5)
  | 'rdata-length' // RDLENGTH and the fields of the RDATA disagree
  | 'rdata-malformed' // right length, impossible content
  | 'budget' // the names of one message expand to more than `decompressionBudget`
  | 'trailing-octets' // octets after the last record that the header counts
  | 'duplicate-opt' // a second OPT record (RFC 6891 section 6.1.1)
  | 'misplaced-opt' // an OPT record outside the additional section, or not owned by the root
  | 'option-limit' // more EDNS options than `optionLimit`
  | 'option-malformed'; // an EDNS option whose data breaks its own format

/** Hostile or broken octets. A server answers FORMERR, a client discards the message and goes on waiting. */
export class WireFault extends Error {
  readonly code: WireFaultCode;
  /** Octets from the start of the message; for `option-malformed`, from the start of the option's data. */
  readonly offset: number;

  constructor(code: WireFaultCode, message: string, offset: number) {
    super(`${message}, at octet ${offset}`);
    this.name = 'WireFault';
    this.code = code;
    this.offset = offset;
  }
}
