/** Listener threads with a fast path of the test's choice. */
import { UdpThreads, type UdpThreadsOptions } from '../../../src/resolver/fast-path/udp-threads.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { openLibc } from '../../../src/system/libc.ts';
import { createLog } from '../../../src/telemetry/log.ts';

export const handingAllOver = {
  module: new URL('./hand-over-all.ts', import.meta.url).href,
  sharedFor: () => undefined,
};

/** Decides what `scripted-fast-path.ts` says. */
export function scripted(shared: () => unknown): UdpThreadsOptions['fastPath'] {
  return { module: new URL('./scripted-fast-path.ts', import.meta.url).href, sharedFor: () => shared() };
}

export async function openThreadsUnderTest(options: Partial<UdpThreadsOptions> = {}): Promise<UdpThreads> {
  return UdpThreads.open({
    threads: 1,
    libc: await openLibc(),
    fastPath: handingAllOver,
    clock: systemClock,
    log: createLog('resolver', 'fra', 'silent'),
    ...options,
  });
}
