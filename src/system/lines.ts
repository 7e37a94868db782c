/** A program's output, line by line. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Calls `onLine` for each line until the stream ends. A stream that fails ends. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
    .on('line', onLine)
    .on('error', () => undefined);
}
