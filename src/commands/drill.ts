import { describeWithHint, exitCodes, Fault } from '../system/fault.ts';
import { type CommandKind, configOption } from './command.ts';
import { type LabOptions, labOptions, runningLab } from './inputs/lab-options.ts';
import { numberOption } from './inputs/options.ts';

/** Plays one drill in the running lab. */
export const drillCommand: CommandKind = {
  name: 'drill',
  define(command, runs) {
    labOptions(configOption(command))
      .summary('break a PoP on purpose and measure what clients lose')
      .description('Exit code 0: all claims hold; 1: a claim failed; 2: the drill could not run.')
      .argument('[name]', 'which drill')
      .option('--list', 'list the drills')
      .option('--pop <name>', 'the PoP to break; the first that has what the drill needs unless told')
      .option('--rate <number>', 'queries per second of each client of the PoP', numberOption, 500)
      .option('--json', 'machine-readable')
      .action(
        runs(async (signal, name: string | undefined, options: DrillArguments) => {
          if (options.list || name === undefined) return await list();
          try {
            return await play(name, options, signal);
          } catch (error) {
            // A drill that could not run is neither a pass nor a failed claim: scripts must be able to tell.
            if (error instanceof Fault && error.code === 'usage') throw error;
            process.stderr.write(`anycast: the drill could not run: ${describeWithHint(error)}\n`);
            return exitCodes.notRun;
          }
        }),
      );
  },
};

interface DrillArguments extends LabOptions {
  readonly config: string;
  readonly list?: boolean;
  readonly pop?: string;
  readonly rate: number;
  readonly json?: boolean;
}

async function list(): Promise<number> {
  const { drills } = await import('../lab/drills.ts');
  const width = Math.max(...drills.map(each => each.name.length));
  for (const each of drills) process.stdout.write(`${each.name.padEnd(width)}  ${each.summary}\n`);
  return exitCodes.done;
}

async function play(name: string, options: DrillArguments, signal: AbortSignal): Promise<number> {
  const { drillOfName, popOfDrill } = await import('../lab/drills.ts');
  const { loadDeployment } = await import('./inputs/deployment.ts');
  const { runDrill } = await import('../lab/drill-runner.ts');
  const { formatDrillReport } = await import('../lab/report/drill-report.ts');
  const { systemClock } = await import('../system/clock.ts');
  const chosen = drillOfName(name);
  const config = await loadDeployment(options.config);
  const pop = popOfDrill(chosen, config, options.pop);
  const lab = await runningLab(options, signal);
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  const report = await runDrill(
    chosen,
    { pop, rate: options.rate },
    { lab, config, clock: systemClock, signal, onProgress },
  );
  process.stdout.write(`${options.json ? JSON.stringify(report) : formatDrillReport(report)}\n`);
  return report.ok ? exitCodes.done : exitCodes.fault;
}
