/** Logs: JSON lines on standard output (pino), one event a line. Names of clients' queries never appear. */
import { type Logger, pino } from 'pino';

export type Log = Logger;

/** A logger whose lines carry the process's and the PoP's name. `level` is pino's. */
export function createLog(process: string, pop: string, level: string): Log {
  return pino({
    level,
    base: { process, pop },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
  });
}
