/** An answer for a person, in presentation format with comments round it, and the same for a program. */
import type { Message, ResourceRecord } from '../../dns/message.ts';
import { type ExtendedError, extendedErrors, readExtendedErrors } from '../../dns/options/extended-error.ts';
import { readNsid } from '../../dns/options/nsid.ts';
import { formatHex, quoteText } from '../../dns/presentation.ts';
import { rcodeName } from '../../dns/rcode.ts';
import { formatQuestion, formatRecord } from '../../dns/record-text.ts';
import { WireFault } from '../../dns/wire-fault.ts';
import type { Asked, AskedServer } from './ask.ts';

/** Every line that is no record begins with `;`, so that the text can be read as a zone file. */
export function askedText(asked: Asked, server: AskedServer): string {
  const { message, octets, transport, elapsedMs } = asked;
  const { edns } = message;
  const lines = [
    `;; ${rcodeName(message.rcode)}, id ${message.id}, flags: ${flagNames(message).join(' ')}`,
    ...(edns
      ? [`;; EDNS: version ${edns.version}${edns.dnssecOk ? ', do' : ''}, udp ${edns.udpPayloadSize}`]
      : []),
    ...nsidLines(message),
    ...extendedErrorLines(message),
    ...message.questions.map(question => `;${formatQuestion(question)}`),
    ...section('answer', message.answers),
    ...section('authority', message.authorities),
    ...section('additional', message.additionals),
    '',
    `;; from ${server.address.text} port ${server.port} over ${transport}, ${elapsedMs.toFixed(1)} ms, ${octets} octets`,
  ];
  return `${lines.join('\n')}\n`;
}

/** One object, plain JSON values only. */
export function askedJson(asked: Asked, server: AskedServer): object {
  const { message, octets, transport, elapsedMs } = asked;
  const nsid = readNsid(message.edns);
  return {
    server: server.address.text,
    port: server.port,
    transport,
    elapsedMs: Math.round(elapsedMs * 10) / 10,
    octets,
    id: message.id,
    rcode: rcodeName(message.rcode),
    flags: flagNames(message),
    nsid: nsid ? formatHex(nsid) : null,
    extendedErrors: errorsOf(message) ?? [],
    question: message.questions.map(formatQuestion),
    answer: message.answers.map(formatRecord),
    authority: message.authorities.map(formatRecord),
    additional: message.additionals.map(formatRecord),
  };
}

function flagNames({ flags }: Message): string[] {
  return (['qr', 'aa', 'tc', 'rd', 'ra', 'ad', 'cd'] as const).filter(flag => flags[flag]);
}

function nsidLines({ edns }: Message): string[] {
  const nsid = readNsid(edns);
  return nsid ? [`;; NSID: ${formatHex(nsid)} ${quoteText(nsid)}`] : [];
}

function extendedErrorLines(message: Message): string[] {
  const errors = errorsOf(message);
  if (!errors) return [';; EDE: malformed'];
  return errors.map(({ infoCode, text }) => {
    const said = text === '' ? '' : ` ${quoteText(new TextEncoder().encode(text))}`;
    return `;; EDE: ${infoCode} (${errorName(infoCode)})${said}`;
  });
}

/** Undefined when one of them cannot be read. */
function errorsOf({ edns }: Message): readonly ExtendedError[] | undefined {
  try {
    return readExtendedErrors(edns);
  } catch (error) {
    if (error instanceof WireFault) return undefined;
    throw error;
  }
}

/** `stale answer`; IANA's names, in lower case. */
function errorName(infoCode: number): string {
  const name = Object.entries(extendedErrors).find(([, code]) => code === infoCode)?.[0] ?? 'unknown';
  return name.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}

function section(name: string, records: readonly ResourceRecord[]): string[] {
  return records.length === 0 ? [] : ['', `;; ${name}`, ...records.map(formatRecord)];
}
