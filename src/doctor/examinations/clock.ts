/**
 * Whether the host's clock is kept right: logs of several PoPs are read side by side, and DNSSEC signatures have dates.
 *
 * The kernel knows (adjtimex(2)), and systemd's timedatectl shows it; chronyd is asked on its own socket. Nothing here
 * sends a packet to a time server.
 */
import { access } from 'node:fs/promises';
import { run } from '../../system/run.ts';
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, warn } from '../finding.ts';

export const clockExamination: Examination = {
  name: 'clock',
  looksAt: 'clock',
  needs: 'host',
  async examine({ signal }) {
    const [timedatectl, chronyc] = await Promise.all([
      printed(['timedatectl', 'show'], signal),
      printed(['chronyc', '-n', '-c', 'tracking'], signal),
    ]);
    return [
      judgeClock({ timedatectl, chronyc, timesyncd: await exists('/run/systemd/timesync/synchronized') }),
    ];
  },
};

export interface ClockWitnesses {
  /** What `timedatectl show` prints; undefined where it does not work. */
  readonly timedatectl: string | undefined;
  /** What `chronyc -c tracking` prints. */
  readonly chronyc: string | undefined;
  /** Whether systemd-timesyncd has left its mark. */
  readonly timesyncd: boolean;
}

export function judgeClock({ timedatectl, chronyc, timesyncd }: ClockWitnesses): Finding {
  const about = 'synchronised';
  const remedy = { run: 'apt-get install chrony' };
  const tracking = chronyc?.trim().split(',') ?? [];
  // The last of chronyc's 14 fields is the leap status; the third of them the stratum.
  if (tracking.length >= 14 && tracking.at(-1) !== 'Not synchronised')
    return pass(about, `by chronyd, stratum ${tracking[2]}`);
  const kernel = /^NTPSynchronized=(yes|no)$/m.exec(timedatectl ?? '')?.[1];
  if (kernel === 'yes' || timesyncd) return pass(about, 'says the kernel');
  if (tracking.length >= 14) {
    return fail(about, 'chronyd runs and has no time source', { run: 'chronyc -n sources' });
  }
  if (kernel === 'no') return fail(about, 'no, says the kernel: signatures and logs will be wrong', remedy);
  return warn(about, 'nothing here says so: neither timedatectl nor chronyd answers', remedy);
}

async function printed(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const shown = await run(argv, { signal, timeoutMs: 2000 });
    return shown.exitCode === 0 ? shown.stdout : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
