/**
 * Logs: JSON lines on standard output (pino), one event a line. Names of clients' queries never appear.
 *
 * Lines go through process.stdout and not through pino's own writer: that one, when the reader of a pipe is gone, tries
 * for ever to write the rest as the process ends, and the process never ends.
 */
import { type Logger, pino } from 'pino';

export type Log = Logger;

/** A logger whose lines carry the process's and the PoP's name. `level` is pino's. */
export function createLog(name: string, pop: string, level: string): Log {
  const options = {
    level,
    base: { process: name, pop },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, standardOutput());
}

/** Whoever reads the log may go away; the service stays. */
function standardOutput(): { write(line: string): void } {
  const { stdout } = process;
  if (stdout.listenerCount('error', ignore) === 0) stdout.on('error', ignore);
  return { write: line => void stdout.write(line) };
}

function ignore(): void {}
