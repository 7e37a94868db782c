/** The stage of one drill: what its steps may use, and the record of what they did there. */
import type { AnycastConfig } from '../config/anycast-config.ts';
import type { Clock } from '../system/clock.ts';
import { Fault } from '../system/fault.ts';
import type { CommandOutcome, Stage } from './drill.ts';
import { popCommand } from './kit-command.ts';
import type { Lab } from './lab-runtime.ts';

export interface StageParts {
  readonly lab: Lab;
  readonly config: AnycastConfig;
  readonly pop: string;
  readonly clock: Clock;
  isForwardedTo(pop: string): boolean;
}

/** What the steps of a drill left behind; the stages of its fault and of its heal share one. */
export interface StageRecord {
  readonly props: Stage['props'];
  readonly commands: CommandOutcome[];
  /** Monotonic milliseconds by name. */
  readonly marks: Map<string, number>;
}

/** Milliseconds that a command of the kit may take: a drain waits for traffic to go quiet. */
const commandTimeoutMs = 30_000;

export function emptyRecord(): StageRecord {
  return { props: new Map(), commands: [], marks: new Map() };
}

export function stageOf(parts: StageParts, record: StageRecord, signal: AbortSignal): Stage {
  const { lab, config, pop, clock } = parts;
  const command: Stage['command'] = async (where, ...args) => {
    const argv = popCommand(lab.plan, where, ...args);
    const { exitCode, stdout, stderr } = await lab.exec(where, argv, { signal, timeoutMs: commandTimeoutMs });
    const said = stderr.trim() === '' ? stdout.trim() : stderr.trim();
    const outcome = { pop: where, command: args.join(' '), exitCode, said };
    record.commands.push(outcome);
    return outcome;
  };
  return {
    lab,
    config,
    pop,
    serviceAddresses: config.service.addresses,
    signal,
    props: record.props,
    command,
    async kit(...args) {
      const { exitCode, said } = await command(pop, ...args);
      if (exitCode === 0) return said;
      throw new Fault('refused', `anycast ${args.join(' ')} at ${pop}: ${said}`);
    },
    pause: async ms => await clock.sleep(ms, signal),
    mark: name => void record.marks.set(name, clock.monotonicMs()),
    isForwardedTo: where => parts.isForwardedTo(where),
  };
}
