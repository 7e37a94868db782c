/**
 * The one error class of the program, and the exit codes it maps to.
 *
 * An expected outcome (a sick service, a refused query) is a value and never a Fault. A Fault says that something the
 * program relies on is wrong, what, and what the operator does next. `main.ts` prints it as two lines and ends with its exit code.
 */
export type FaultCode =
  | 'usage' // arguments that make no sense together
  | 'config-invalid' // the configuration file is refused
  | 'environment' // this machine lacks a program, a permission or a kernel feature
  | 'unreachable' // a process that should answer does not
  | 'refused' // a process answered, and said no
  | 'busy' // something of that name exists or runs already
  | 'timeout' // a condition did not come true in its time
  | 'internal'; // a promise of our own code was broken

export const exitCodes = {
  done: 0,
  fault: 1,
  notRun: 2,
  usage: 64,
  unreachable: 69,
  environment: 71,
  configInvalid: 78,
} as const;

export class Fault extends Error {
  readonly code: FaultCode;
  /** What the operator does next, one sentence. */
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, details: { hint?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Fault';
    this.code = code;
    this.hint = details.hint;
  }
}

/** The exit code for a fault; sysexits.h numbers where one fits, so that scripts can tell the classes apart. */
export function exitCodeOf(code: FaultCode): number {
  switch (code) {
    case 'usage':
      return exitCodes.usage;
    case 'config-invalid':
      return exitCodes.configInvalid;
    case 'environment':
      return exitCodes.environment;
    case 'unreachable':
      return exitCodes.unreachable;
    case 'refused':
    case 'busy':
    case 'timeout':
    case 'internal':
      return exitCodes.fault;
    default:
      return code satisfies never;
  }
}

/** The text of anything thrown, for a log line or as part of a message. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As `describeError`, with what to do next on a line of its own where that is known. */
export function describeWithHint(error: unknown): string {
  const hint = error instanceof Fault && error.hint !== undefined ? `\n  ${error.hint}` : '';
  return `${describeError(error)}${hint}`;
}
