/** Record classes and query classes. Source: IANA "Domain Name System (DNS) Parameters", DNS CLASSes. */
import { mnemonics } from './mnemonics.ts';

export const recordClasses = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

const classNames = mnemonics(recordClasses, 'CLASS', 0xffff);

/** `CH` for 3, `CLASS42` for 42. */
export const recordClassName = classNames.nameOf;

/** 3 for `ch` and for `CLASS3`; undefined when `text` names no class. */
export const parseRecordClass = classNames.parse;
