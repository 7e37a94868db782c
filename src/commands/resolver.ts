/** `anycast resolver`: DNS on the PoP's management addresses and the service address, until SIGTERM. SIGHUP reloads. */
import { join } from 'node:path';
import type { PopSlice } from '../config/anycast-config.ts';
import type { CommandKind, PopOptions } from './command.ts';
import { popOptions } from './command.ts';

export const resolverCommand: CommandKind = {
  name: 'resolver',
  define(command, runs) {
    popOptions(command)
      .summary("run the PoP's resolver until told to stop")
      .description(
        'Answers DNS over UDP and TCP on the management addresses, and on the service address whenever it is on this machine.\nSIGHUP, or anycast config reload, takes a changed configuration over without losing a query.',
      )
      .action(runs(resolver));
  },
};

/** Sees to the heap (`resolver/memory.ts`): where its limit is too low, starts over with a higher one, as the same process. */
async function becomeRoomy({ config }: PopSlice): Promise<void> {
  const { hasHeapFor, heapLimit, tendHeap } = await import('../resolver/memory.ts');
  tendHeap();
  const { cache } = config.resolver;
  if (hasHeapFor(cache)) return;
  const limit = '--max-old-space-size';
  // Once: V8 may give less than it was told.
  if (process.execArgv.some(argument => argument.startsWith(limit))) return;
  const { becomeProgram } = await import('../system/become.ts');
  const mebibytes = Math.ceil(heapLimit(cache) / 2 ** 20);
  await becomeProgram([
    process.execPath,
    ...process.execArgv,
    `${limit}=${mebibytes}`,
    ...process.argv.slice(1),
  ]);
}

async function resolver(signal: AbortSignal, options: PopOptions): Promise<undefined> {
  const { readPop } = await import('./inputs/deployment.ts');
  const { createLog } = await import('../telemetry/log.ts');
  const { systemClock } = await import('../system/clock.ts');
  const { makeFolder } = await import('../system/files.ts');
  const { holdLifeline } = await import('../system/lifeline.ts');
  const { serviceNotices } = await import('./inputs/service-notices.ts');
  const { startResolver } = await import('../resolver/resolver.ts');
  const { slice, hash } = await readPop(options);
  await becomeRoomy(slice);
  const log = createLog('resolver', slice.name, slice.config.telemetry.logLevel);
  await makeFolder(options.runDir);
  using lifeline = await holdLifeline(join(options.runDir, 'resolver.life'));
  if (lifeline.lacking !== undefined)
    log.info(
      { lacking: lifeline.lacking },
      'the end of this process will be noticed by its control socket alone',
    );
  await using service = serviceNotices(log, signal);
  await using running = await startResolver(slice, {
    runDirectory: options.runDir,
    log,
    clock: systemClock,
    signal,
    lifeline,
    configHash: hash,
    readConfig: () => readPop(options),
  });
  // What comes of it is in the log, and in `status`.
  using _hangUp = onHangUp(() => void running.reload().catch(() => undefined));
  log.info({ listening: running.status.listening }, 'resolver started');
  service.ready('answering');
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  log.info('resolver stopping');
}

function onHangUp(reload: () => void): Disposable {
  process.on('SIGHUP', reload);
  return { [Symbol.dispose]: () => void process.off('SIGHUP', reload) };
}
