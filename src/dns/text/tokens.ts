/**
 * The words of a zone file's entry (RFC 1035 section 5.1): blanks apart, quotes, escapes, comments, parentheses.
 *
 * Zone files are octets, and so is the text here: a character stands for one (`octetText` makes it of other strings).
 */
import { TextFault } from './text-fault.ts';

export interface Token {
  /** As written, escapes and all; without the quotes. */
  readonly text: string;
  readonly isQuoted: boolean;
  /** Quoted, and nothing between it and the word before: `alpn="h2"`. */
  readonly isAttached: boolean;
}

/** The words of one line, and what else a reader of entries must know of it. */
export interface TokenLine {
  readonly tokens: readonly Token[];
  /** The line begins with a blank: where an entry begins, its owner is the one before. */
  readonly isIndented: boolean;
  /** Parentheses opened and not closed in this line; negative for more closed than opened. */
  readonly depth: number;
}

/** A word ends at a blank and at what has a meaning of its own; a backslash takes the next character with it. */
const word = /(?:\\.|[^\\\s"();])+/y;
const quoted = /"((?:\\.|[^\\"])*)"/y;

/** @throws TextFault for a quote or an escape without an end. */
export function tokensOf(line: string): TokenLine {
  const tokens: Token[] = [];
  let depth = 0;
  let wordEnd = -1;
  for (let at = 0; at < line.length; ) {
    const character = line.charAt(at);
    if (character === ';') break;
    if (character === '(' || character === ')') depth += character === '(' ? 1 : -1;
    if (character === '(' || character === ')' || /\s/.test(character)) {
      at += 1;
      continue;
    }
    const pattern = character === '"' ? quoted : word;
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (!match) throw new TextFault(`nothing ends what begins with ${line.slice(at, at + 20)}`);
    const isQuoted = match[1] !== undefined;
    tokens.push({ text: match[1] ?? match[0], isQuoted, isAttached: isQuoted && at === wordEnd });
    at = pattern.lastIndex;
    if (!isQuoted) wordEnd = at;
  }
  return { tokens, isIndented: /^\s/.test(line), depth };
}

/** The text with one character for each octet of its UTF-8 form. */
export function octetText(text: string): string {
  let octets = '';
  for (const octet of new TextEncoder().encode(text)) octets += String.fromCharCode(octet);
  return octets;
}

/** The octets of a character-string (RFC 1035 section 5.1): escapes undone, at most 255. @throws TextFault */
export function characterString({ text }: Pick<Token, 'text'>, longest = 255): Uint8Array {
  const octets: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const digits = /^\\(\d{3})/.exec(text.slice(at, at + 4))?.[1];
    if (digits !== undefined) {
      if (Number(digits) > 255) throw new TextFault(`\\${digits} is no octet`);
      octets.push(Number(digits));
      at += 3;
      continue;
    }
    if (text.charAt(at) === '\\') at += 1;
    octets.push(text.charCodeAt(at));
  }
  if (octets.length > longest) throw new TextFault(`a string of ${octets.length} octets: at most ${longest}`);
  return Uint8Array.from(octets);
}
