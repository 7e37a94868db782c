/**
 * Records out of a master file (RFC 1035 section 5.1), line by line: `$ORIGIN`, `$TTL` (RFC 2308 section 4), owners left out,
 * names below the origin, entries over several lines in parentheses. `$INCLUDE` is refused: a file stands for itself.
 */
import type { ResourceRecord } from '../message.ts';
import type { Name } from '../name.ts';
import { parseTtl, parseZoneName } from './parse-rdata.ts';
import { recordOf } from './parse-record.ts';
import { TextFault } from './text-fault.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Words of one entry: a TXT record of 64 KB in strings of a few octets has fewer. */
const mostTokens = 16_384;

export class MasterReader {
  #origin: Name;
  #owner: Name | undefined;
  /** Of `$TTL`, else of the record before (RFC 1035 section 5.1). */
  #ttl: number | undefined;
  #hasDefaultTtl = false;
  /** What has come so far of an entry whose parentheses are open. */
  #open: { tokens: Token[]; isIndented: boolean; depth: number } | undefined;

  constructor(origin: Name) {
    this.#origin = origin;
  }

  /** Gives the record that ends in this line, of which each character is an octet. @throws TextFault, after which no more can be read. */
  line(text: string): ResourceRecord | undefined {
    const { tokens, isIndented, depth } = tokensOf(text);
    const entry = this.#open ?? { tokens: [], isIndented, depth: 0 };
    entry.tokens.push(...tokens);
    entry.depth += depth;
    if (entry.depth < 0) throw new TextFault('a parenthesis is closed that was not opened');
    if (entry.tokens.length > mostTokens) throw new TextFault('an entry without an end');
    this.#open = entry.depth > 0 ? entry : undefined;
    if (this.#open || entry.tokens.length === 0) return undefined;
    return this.#entry(entry.tokens, entry.isIndented);
  }

  /** @throws TextFault when the text ended inside an entry. */
  end(): void {
    if (this.#open) throw new TextFault('the file ends inside parentheses');
  }

  #entry(tokens: readonly Token[], isIndented: boolean): ResourceRecord | undefined {
    const [first, ...rest] = tokens;
    if (!first) return undefined;
    if (!isIndented && first.text.startsWith('$') && !first.isQuoted) {
      this.#directive(first.text.toUpperCase(), rest);
      return undefined;
    }
    if (!isIndented) this.#owner = parseZoneName(first.text, this.#origin);
    if (!this.#owner) throw new TextFault('the first entry has no owner');
    const ttl = this.#ttl === undefined ? {} : { ttl: this.#ttl };
    const record = recordOf(this.#owner, isIndented ? tokens : rest, { origin: this.#origin, ...ttl });
    if (!this.#hasDefaultTtl) this.#ttl = record.ttl;
    return record;
  }

  #directive(directive: string, [argument, extra]: readonly Token[]): void {
    if (!argument || extra) throw new TextFault(`${directive} takes one argument`);
    if (directive === '$ORIGIN') this.#origin = parseZoneName(argument.text, this.#origin);
    else if (directive === '$TTL') {
      this.#ttl = parseTtl(argument.text);
      this.#hasDefaultTtl = true;
    } else throw new TextFault(`${directive} is not taken here`);
  }
}
