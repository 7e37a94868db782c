/** A reply as text, in the manner of dig, and as JSON. */

import type { Message } from '../../dns/message.ts';
import { extendedErrors, readExtendedErrors } from '../../dns/options/extended-error.ts';
import { readNsid } from '../../dns/options/nsid.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { formatQuestion, formatRecord } from '../../dns/record-text.ts';

/** What is known of a reply besides the message. */
export interface ReplyFacts {
  /** `203.0.113.53#53 over udp` */
  readonly server: string;
  readonly octets: number;
  readonly ms: number;
}

export interface ReplyJson extends ReplyFacts {
  readonly rcode: string;
  /** Those that are set, in the order of the header. */
  readonly flags: readonly string[];
  readonly question: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** null without the option; octets outside ASCII are escaped as in a name. */
  readonly nsid: string | null;
  readonly extendedErrors: readonly { readonly code: number; readonly name: string; readonly text: string }[];
}

export function replyJson(message: Message, facts: ReplyFacts): ReplyJson {
  const { flags, edns } = message;
  const nsid = readNsid(edns);
  return {
    ...facts,
    rcode: rcodeName(message.rcode),
    flags: Object.entries(flags).flatMap(([name, isSet]) => (isSet ? [name] : [])),
    question: message.questions.map(formatQuestion),
    answer: message.answers.map(formatRecord),
    authority: message.authorities.map(formatRecord),
    additional: message.additionals.map(formatRecord),
    nsid: nsid === undefined ? null : printable(Buffer.from(nsid).toString('latin1')),
    extendedErrors: readExtendedErrors(edns).map(({ infoCode, text }) => ({
      code: infoCode,
      name: Object.entries(extendedErrors).find(([, code]) => code === infoCode)?.[0] ?? 'unknown',
      text: printable(text),
    })),
  };
}

export function replyText(reply: ReplyJson): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', `;; ${title}`, ...lines];
  return [
    `;; ${reply.rcode}, flags: ${reply.flags.join(' ')}`,
    ...reply.extendedErrors.map(
      ({ code, name, text }) => `;; EDE ${code} (${name})${text === '' ? '' : `: ${text}`}`,
    ),
    ...(reply.nsid === null ? [] : [`;; NSID ${reply.nsid}`]),
    ...section(
      'question',
      reply.question.map(line => `;${line}`),
    ),
    ...section('answer', reply.answer),
    ...section('authority', reply.authority),
    ...section('additional', reply.additional),
    '',
    `;; ${reply.octets} octets from ${reply.server} in ${reply.ms.toFixed(1)} ms`,
    '',
  ].join('\n');
}

/** What others wrote must not steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    character => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`,
  );
}
