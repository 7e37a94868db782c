/** Response codes, the 12 bits that header and OPT record make together. Source: IANA DNS Parameters, DNS RCODEs. */
import { mnemonics } from './mnemonics.ts';

export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  /** 16 is BADSIG inside a TSIG record; in a header it can only mean this. */
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const;

const rcodeNames = mnemonics(rcodes, 'RCODE', 0xfff);

/** `NXDOMAIN` for 3, `RCODE3841` for 3841. */
export const rcodeName = rcodeNames.nameOf;

/** 3 for `nxdomain` and for `RCODE3`; undefined when `text` names no rcode. */
export const parseRcode = rcodeNames.parse;
