/** The words of `anycast query`: a name, and in any order its type, its class and `@` the server's address. */
import { suggestion } from '../../config/nearest.ts';
import type { Question } from '../../dns/message.ts';
import { parseName } from '../../dns/name.ts';
import { parseRecordClass, recordClasses } from '../../dns/record-class.ts';
import { parseRecordType, recordTypes } from '../../dns/record-type.ts';
import { type IpAddress, parseIpAddress } from '../../ip/address.ts';
import { Fault } from '../../system/fault.ts';

export interface QueryWords {
  /** A and IN unless others are named. */
  readonly question: Question;
  readonly server: IpAddress | undefined;
}

/** @throws Fault `usage` for a word that is none of these, or one of them twice. */
export function queryWords(words: readonly string[]): QueryWords {
  const [server, second] = words.filter(word => word.startsWith('@'));
  if (second !== undefined) throw new Fault('usage', `one server is asked, not ${server} and ${second}`);
  const [nameText, ...rest] = words.filter(word => !word.startsWith('@'));
  if (nameText === undefined)
    throw new Fault('usage', 'a name to ask for is missing', { hint: 'anycast query NAME [TYPE] [@SERVER]' });
  const name = parseName(nameText);
  if (!name) throw new Fault('usage', `'${nameText}' is not a domain name`);
  return { question: { name, ...typeAndClass(rest) }, server: server === undefined ? undefined : at(server) };
}

function at(word: string): IpAddress {
  const address = parseIpAddress(word.slice(1));
  if (!address) throw new Fault('usage', `'${word}' is not @ and an IP address`);
  return address;
}

function typeAndClass(words: readonly string[]): Pick<Question, 'type' | 'class'> {
  let type: number | undefined;
  let rrClass: number | undefined;
  for (const word of words) {
    const asType = parseRecordType(word);
    const asClass = parseRecordClass(word);
    if (asType !== undefined && type === undefined) type = asType;
    else if (asClass !== undefined && rrClass === undefined) rrClass = asClass;
    else if (asType !== undefined || asClass !== undefined)
      throw new Fault('usage', `'${word}': one type and one class are asked for`);
    else {
      throw new Fault('usage', `'${word}' is no record type and no class`, {
        hint: suggestion(word, Object.keys(recordTypes)),
      });
    }
  }
  return { type: type ?? recordTypes.A, class: rrClass ?? recordClasses.IN };
}
