/** Operation codes. Source: IANA "Domain Name System (DNS) Parameters", DNS OpCodes. */
import { mnemonics } from './mnemonics.ts';

export const opcodes = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const;

const opcodeNames = mnemonics(opcodes, 'OPCODE', 0xf);

/** `NOTIFY` for 4, `OPCODE9` for 9. */
export const opcodeName = opcodeNames.nameOf;

/** 4 for `notify` and for `OPCODE4`; undefined when `text` names no opcode. */
export const parseOpcode = opcodeNames.parse;
