/**
 * Has BIRD read its files again, and leaves things as they were unless all is well afterwards.
 *
 * `configure timeout` takes effect at once and is undone by BIRD itself unless `configure confirm` follows: whoever dies
 * in between leaves the old routes standing. Codes of BIRD 2.0.12, doc/reply_codes and tried:
 *
 *   configure timeout N   0003 done, 0004 in progress, 0005 queued; 8002 the files are refused and nothing has changed
 *   configure confirm     0018 confirmed; 0019 nothing to confirm, since the time had run out
 *   configure undo        0003, 0004 or 0005 as above; 0019 nothing to undo
 *
 * 0003 says that no protocol had to go down for it. Otherwise the sessions are compared with those of before, unless
 * everything is to be withdrawn: a withdrawal is never undone, whatever else it takes along. BIRD 3 usually says 0004.
 *
 * BIRD forgets how to undo when it is told to `configure` once more, even with files that it then refuses.
 */
import { Fault } from '../../system/fault.ts';
import type { BirdControl } from './bird-control.ts';
import { type BirdReply, birdCodes, isRefusal, replyText } from './bird-reply.ts';
import { type ShownSession, sessionsIn } from './show.ts';

const accepted: readonly number[] = [
  birdCodes.reconfigured,
  birdCodes.reconfiguring,
  birdCodes.reconfigurationQueued,
];

/** Whole seconds, as BIRD takes them. More than two replies may take when BIRD gets no processor (bird-control.ts). */
export const undoAfterSeconds = 5;

/**
 * `before` are the sessions that must not be lost by it.
 * @throws Fault `refused` when BIRD says no or a session was lost by it: what was before stands again.
 */
export async function configure(
  control: BirdControl,
  before: readonly ShownSession[],
  signal: AbortSignal,
): Promise<void> {
  const command = `configure timeout ${undoAfterSeconds}`;
  const reply = await control.command(command, signal);
  if (!accepted.includes(reply.code)) throw refused(command, reply);
  const lost = reply.code === birdCodes.reconfigured ? [] : await lostSessions(control, { before, signal });
  if (lost.length > 0) {
    await control.command('configure undo', signal);
    throw new Fault('refused', `the new configuration took down ${lost.join(', ')}, and was undone`, {
      hint: 'a file beside announced.conf has changed: restart the sidecar, which writes them all anew',
    });
  }
  const confirmed = await control.command('configure confirm', signal);
  if (confirmed.code !== birdCodes.reconfigurationConfirmed) throw refused('configure confirm', confirmed);
}

/** One command that must not be refused. */
export async function ask(control: BirdControl, command: string, signal: AbortSignal): Promise<BirdReply> {
  const reply = await control.command(command, signal);
  if (isRefusal(reply)) throw refused(command, reply);
  return reply;
}

export async function sessionsOf(control: BirdControl, signal: AbortSignal): Promise<ShownSession[]> {
  return sessionsIn(await ask(control, 'show protocols', signal));
}

async function lostSessions(
  control: BirdControl,
  { before, signal }: { readonly before: readonly ShownSession[]; readonly signal: AbortSignal },
): Promise<string[]> {
  const now = await sessionsOf(control, signal);
  const standing = new Set(now.filter(isEstablished).map(({ protocol }) => protocol));
  return before
    .filter(isEstablished)
    .map(({ protocol }) => protocol)
    .filter(protocol => !standing.has(protocol));
}

function isEstablished({ state }: ShownSession): boolean {
  return state === 'established';
}

function refused(command: string, reply: BirdReply): Fault {
  const code = String(reply.code).padStart(4, '0');
  return new Fault('refused', `BIRD refused '${command}' with code ${code}: ${replyText(reply)}`, {
    hint: 'the routes of before still stand; look at the file and line that BIRD names',
  });
}
