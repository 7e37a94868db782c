/**
 * Runs a program and judges its exit code: 0 is healthy, anything else is unhealthy, with the first line it prints as the
 * reason. For what no other check knows how to ask.
 *
 * The trap: a program that hangs holds more than itself. Each runs in a process group of its own and is killed with its
 * children when time is up. It gets no standard input, and is told where it is by ANYCAST_POP and
 * ANYCAST_SERVICE_ADDRESSES (separated by blanks). Its time is the check's `timeout`: starting a shell takes a while.
 */
import { z } from 'zod';
import { type GroupResult, runInGroup } from '../../system/run-in-group.ts';
import { type CheckContext, defineHealthCheck, type Verdict } from '../health-check.ts';

/** Octets kept of what the program prints: enough for a first line. */
const keepOctets = 4096;

/** Characters of the first line that make the reason. */
const reasonLimit = 200;

const options = z.strictObject({
  /** Program and arguments; no shell reads them. */
  command: z.tuple([z.string().min(1)], z.string()),
  /** An exit code that means "could not find out". */
  unknownExitCode: z.number().int().min(1).max(255).optional(),
});

export type ExecCheckOptions = z.output<typeof options>;

export const execCheck = defineHealthCheck<ExecCheckOptions>({
  kind: 'exec',
  faultClass: 'local-soft',
  options,
  async probe({ command, unknownExitCode }, context) {
    const result = await runInGroup(command, {
      signal: context.signal,
      clock: context.clock,
      keepOctets,
      env: {
        ANYCAST_POP: context.pop,
        ANYCAST_SERVICE_ADDRESSES: context.serviceAddresses.map(({ text }) => text).join(' '),
      },
    });
    return verdictOf(result, { program: command[0], unknownExitCode, timeoutMs: context.timeoutMs });
  },
});

function verdictOf(
  { end, stdout, stderr }: GroupResult,
  about: { readonly program: string; readonly unknownExitCode: number | undefined } & Pick<
    CheckContext,
    'timeoutMs'
  >,
): Verdict {
  const { program, unknownExitCode, timeoutMs } = about;
  const said = firstLine(stdout) || firstLine(stderr);
  const withWords = (what: string): string => `${program} ${what}${said === '' ? '' : `: ${said}`}`;
  switch (end.kind) {
    case 'not-started':
      return { kind: 'unknown', reason: `${program} cannot be started: ${end.reason}` };
    case 'aborted':
      return { kind: 'unhealthy', reason: withWords(`did not end within ${timeoutMs} ms`) };
    case 'killed':
      return { kind: 'unhealthy', reason: withWords(`was ended by ${end.by}`) };
    case 'exited':
      if (end.code === 0) return { kind: 'healthy', ...(said !== '' && { detail: said }) };
      return {
        kind: end.code === unknownExitCode ? 'unknown' : 'unhealthy',
        reason: withWords(`exited ${end.code}`),
      };
    default:
      return end satisfies never;
  }
}

/** What the program prints ends in logs and on terminals: without control characters, and bounded. */
function firstLine(text: string): string {
  const line = text.split('\n').find(each => each.trim() !== '') ?? '';
  return line.replaceAll(/\p{C}/gu, ' ').trim().slice(0, reasonLimit);
}
