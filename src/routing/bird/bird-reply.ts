/**
 * What BIRD says on its control socket, as text in pieces: a pure reader of replies.
 *
 * A reply is lines that begin with a four-digit code. `NNNN-` says that more lines follow, `NNNN ` ends the reply, and a
 * line that begins with a space repeats the code before it. Codes 0xxx say done, 1xxx carry data, 8xxx are refusals and
 * 9xxx complaints about the command. A line that begins with `+` is a log message for an interactive user.
 * Source: doc/reply_codes and nest/cli.c of BIRD 2.
 */
export interface BirdLine {
  readonly code: number;
  readonly text: string;
}

export interface BirdReply {
  /** The code of the line that ended the reply. */
  readonly code: number;
  readonly lines: readonly BirdLine[];
}

/** Codes that this program asks about. */
export const birdCodes = {
  welcome: 1,
  reconfigured: 3,
  reconfiguring: 4,
  reconfigurationQueued: 5,
  reconfigurationConfirmed: 18,
  /** The lines of `show protocols`. */
  protocols: 1002,
  /** The lines of `show route`. */
  routes: 1007,
  /** Beneath each route, the lines of `show route ... all` that hold its attributes. */
  attributes: 1012,
} as const;

/** Whether the command was carried out: 8xxx and 9xxx are refusals. */
export function isRefusal({ code }: BirdReply): boolean {
  return code >= 8000;
}

/** A reply as one line for a person: the text that ended it. */
export function replyText({ lines }: BirdReply): string {
  return lines.at(-1)?.text ?? '';
}

/** Characters of one reply; a PoP has a handful of sessions and routes, so an honest reply stays far below. */
const replyLimit = 1024 * 1024;

/** Gathers replies from pieces of text. */
export class BirdReplyReader {
  #rest = '';
  #lines: BirdLine[] = [];
  #size = 0;

  /** The replies that `text` completes. @throws RangeError, SyntaxError when this is not BIRD or never ends. */
  read(text: string): BirdReply[] {
    const replies: BirdReply[] = [];
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#size += line.length;
      const reply = this.#readLine(line);
      if (reply) replies.push(reply);
    }
    if (this.#size + this.#rest.length > replyLimit)
      throw new RangeError(`a reply of more than ${replyLimit} characters`);
    return replies;
  }

  #readLine(line: string): BirdReply | undefined {
    if (line.startsWith('+')) return undefined;
    const [, digits, separator, text] = /^(\d{4})([ -])(.*)$/.exec(line) ?? [];
    const before = this.#lines.at(-1);
    if (digits !== undefined && text !== undefined) this.#lines.push({ code: Number(digits), text });
    else if (line.startsWith(' ') && before) this.#lines.push({ code: before.code, text: line.slice(1) });
    else throw new SyntaxError(`not a line of BIRD: ${JSON.stringify(line.slice(0, 80))}`);
    if (separator !== ' ') return undefined;
    const reply = { code: Number(digits), lines: this.#lines };
    this.#lines = [];
    this.#size = 0;
    return reply;
  }
}
