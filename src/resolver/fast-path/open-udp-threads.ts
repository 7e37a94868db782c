/** The listener threads of a resolver, where the machine has what they need. */
import { whyNoBatchedUdp } from '../../system/batched-udp.ts';
import { describeError } from '../../system/fault.ts';
import { openLibc } from '../../system/libc.ts';
import { UdpThreads, type UdpThreadsOptions } from './udp-threads.ts';

/** Undefined where there shall or can be none: then the resolver's own thread listens. What there lacks the log says, once. */
export async function openUdpThreads(
  options: Omit<UdpThreadsOptions, 'libc'>,
): Promise<UdpThreads | undefined> {
  const withoutThreads = (why: string): undefined => {
    options.log.warn({ why }, 'no listener threads: one thread answers everything');
  };
  if (options.threads === 0) return undefined;
  const why = await whyNoBatchedUdp();
  if (why !== undefined) return withoutThreads(why);
  try {
    return await UdpThreads.open({ ...options, libc: await openLibc() });
  } catch (error) {
    return withoutThreads(describeError(error));
  }
}
