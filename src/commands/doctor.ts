/**
 * `anycast doctor`: examines the host it runs on, and changes nothing.
 *
 * Ends with 0 when nothing failed, with 1 otherwise; warnings fail only with `--strict`. A configuration that is refused is
 * a finding like any other, since the host can still be examined.
 */
import type { PopSlice } from '../config/anycast-config.ts';
import type { Deployment } from '../doctor/examination.ts';
import { exitCodes, Fault } from '../system/fault.ts';
import type { CommandKind } from './command.ts';

interface DoctorOptions {
  readonly config?: string;
  readonly pop?: string;
  readonly runDir: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** Read when no file is named, if it is there. */
const usualConfig = 'anycast.yaml';

export const doctorCommand: CommandKind = {
  name: 'doctor',
  define(command, runs) {
    command
      .summary('examine this host: is it fit to be a PoP')
      .description(
        'Looks at addresses, kernel settings, ports, clock, router and permissions of this host; changes nothing.\nWithout a configuration it looks at the host alone.\nExit code: 0 nothing failed; 1 something did.',
      )
      .option(
        '-c, --config <file>',
        `the deployment (default: ${usualConfig} if there)`,
        process.env.ANYCAST_CONFIG,
      )
      .option('-p, --pop <name>', 'which PoP this is (default: by its addresses)', process.env.ANYCAST_POP)
      .option(
        '--run-dir <dir>',
        'folder of the control sockets',
        process.env.ANYCAST_RUN_DIR ?? '/run/anycast',
      )
      .option('--strict', 'a warning fails too')
      .option('--json', 'as JSON')
      .action(runs(doctor));
  },
};

async function doctor(signal: AbortSignal, options: DoctorOptions): Promise<number> {
  const { resolve } = await import('node:path');
  const { examineHost } = await import('../doctor/examine-host.ts');
  const { doctorText } = await import('../doctor/doctor-text.ts');
  const { systemClock } = await import('../system/clock.ts');
  const report = await examineHost({
    ...(await readDeployment(options)),
    runDirectory: resolve(options.runDir),
    clock: systemClock,
    signal,
  });
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : doctorText(report));
  const { fail, warn } = report.counts;
  return fail > 0 || (options.strict === true && warn > 0) ? exitCodes.fault : exitCodes.done;
}

async function readDeployment({
  config: named,
  pop,
}: DoctorOptions): Promise<{ readonly deployment: Deployment; readonly slice?: PopSlice }> {
  const { existsSync } = await import('node:fs');
  const { popOf } = await import('../config/load-config.ts');
  const { recognisedPop } = await import('../doctor/find-pop.ts');
  const { loadDeployment } = await import('./inputs/deployment.ts');
  const path = named ?? usualConfig;
  if (named === undefined && !existsSync(path)) {
    if (pop === undefined) return { deployment: { state: 'absent' } };
    throw new Fault('usage', `--pop ${pop} without a configuration says nothing`, {
      hint: 'name the file with --config FILE',
    });
  }
  try {
    const config = await loadDeployment(path);
    const name = pop ?? recognisedPop(config);
    return {
      deployment: { state: 'read', path, pops: Object.keys(config.pops) },
      ...(name !== undefined && { slice: popOf(config, name) }),
    };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'config-invalid') throw error;
    return { deployment: { state: 'refused', path, complaint: error.message } };
  }
}
