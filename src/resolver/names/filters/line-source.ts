/** The lines of a file, read in pieces, so that a large one never holds up the event loop. */
import { open } from 'node:fs/promises';
import { TextFault } from '../../../dns/text/text-fault.ts';

/** Calls for each line in turn; what is thrown by it ends the reading, with the line's number in front. */
export type LineSource = (onLine: (line: string) => void) => Promise<void>;

/** Octets at once: some hundreds of lines, a few milliseconds. */
const pieceSize = 16_384;

/** Characters: longer than the longest record written out. */
const longestLine = 4 * 65_536;

/**
 * Lines as octets: one character each. A file without any octet is refused: it is more often a download that failed than
 * what somebody wants.
 * @throws TextFault with the line's number; the system's errors; AbortError.
 */
export function linesOf(path: string, signal?: AbortSignal): LineSource {
  return async onLine => {
    await using file = await open(path, 'r');
    // A pipe would be waited for for ever.
    const status = await file.stat();
    if (!status.isFile()) throw new TextFault('it is no file');
    if (status.size === 0) throw new TextFault('it is empty: a comment says that it is meant to be');
    let rest = '';
    let number = 0;
    const give = (line: string): void => {
      number += 1;
      try {
        onLine(line);
      } catch (error) {
        if (error instanceof TextFault) throw new TextFault(`line ${number}: ${error.message}`);
        throw error;
      }
    };
    for await (const piece of file.createReadStream({
      encoding: 'latin1',
      highWaterMark: pieceSize,
      autoClose: false,
      ...(signal && { signal }),
    })) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) throw new TextFault(`line ${number + 1} has no end`);
      for (const line of lines) give(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
    if (rest !== '') give(rest);
  };
}

/** The same of text in memory. */
export function linesIn(text: string): LineSource {
  return async onLine => {
    for (const line of text.split('\n')) onLine(line);
  };
}
