/** What a socket's error says of the service: it failed, or this machine could not ask. */
import { describeError } from '../system/fault.ts';
import type { Verdict } from './health-check.ts';

/** `failed`: asked, and no right reply came. `not-asked`: this machine could not send the question. */
export interface AskFailure {
  readonly kind: 'failed' | 'not-asked';
  readonly reason: string;
}

/**
 * Errors of this machine's own: no descriptor, memory, port, family or permission to send with (errno(3)). An address
 * that cannot be reached is not among them: a service address stands on this very machine, or it is missing.
 */
const ownErrors: ReadonlySet<string> = new Set([
  'EACCES',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EAGAIN',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EPERM',
  'ERR_MODULE_NOT_FOUND',
]);

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'no answer in time',
  ENETUNREACH: 'no route to the address: is it on lo?',
  EHOSTUNREACH: 'no route to the address: is it on lo?',
};

/** What an error thrown while asking means; whatever is thrown once the signal has aborted means that time was up. */
export function askFailure(error: unknown, signal: AbortSignal): AskFailure {
  if (signal.aborted) return { kind: 'failed', reason: 'no answer in time' };
  const code = (error as { code?: unknown } | undefined)?.code;
  const known = typeof code === 'string' ? code : '';
  if (ownErrors.has(known)) return { kind: 'not-asked', reason: describeError(error) };
  return { kind: 'failed', reason: plainWords[known] ?? describeError(error) };
}

/** `where` says who was asked, and how: `tcp 203.0.113.53`. */
export function failureVerdict({ kind, reason }: AskFailure, where: string): Verdict {
  return { kind: kind === 'failed' ? 'unhealthy' : 'unknown', reason: `${where}: ${reason}` };
}
