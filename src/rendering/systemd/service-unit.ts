/** The systemd unit of one process of a PoP: how it is started, watched, restarted and stopped. */
import type { PopProcess, ProcessName } from '../pop-processes.ts';
import type { RenderSettings } from '../rendering.ts';
import { hardening } from './hardening.ts';
import { type UnitGroup, type UnitSetting, unitText } from './unit-file.ts';

/** The one group of all three users: by it they share the run directory and its sockets. */
export const sharedGroup = 'anycast';

/** Brings all three up and down. */
export const targetUnit = 'anycast.target';

export function unitName(process: ProcessName): string {
  return `anycast-${process}.service`;
}

export function userName(process: ProcessName): string {
  return `anycast-${process}`;
}

export function serviceUnit(process: PopProcess, { prefix }: RenderSettings): string {
  const header = [
    `anycast ${process.name}: ${process.summary}. Made by \`anycast render\`; for changes of your own:`,
    `systemctl edit ${unitName(process.name)}`,
  ].join('\n');
  return unitText(header, [
    { name: 'Unit', groups: unitGroups(process) },
    { name: 'Service', groups: [...serviceGroups(process, prefix), ...hardening(process)] },
    { name: 'Install', groups: [{ settings: [['WantedBy', targetUnit]] }] },
  ]);
}

function unitGroups({ name, summary }: PopProcess): UnitGroup[] {
  return [
    {
      settings: [
        ['Description', `Anycast ${name}: ${summary}`],
        ['PartOf', targetUnit],
      ],
    },
    order[name],
    {
      why: 'A process that ends as soon as it starts is given up after a minute or two, and then needs a person.',
      settings: [
        ['StartLimitIntervalSec', '10min'],
        ['StartLimitBurst', '60'],
      ],
    },
  ];
}

/** systemd stops in the reverse of the order it starts in. */
const order: Readonly<Record<ProcessName, UnitGroup>> = {
  resolver: {
    why: 'The management addresses must be there. First up and last down: it answers until nobody is sent here any more.',
    settings: [
      ['Wants', 'network-online.target'],
      ['After', 'network-online.target'],
    ],
  },
  sidecar: {
    settings: [
      ['Wants', 'network-online.target'],
      ['After', `network-online.target ${unitName('resolver')}`],
    ],
  },
  agent: {
    why: [
      'Neither is required: an agent that sees the resolver gone is what withdraws, and one whose sidecar comes back gives it',
      'its routes again. BindsTo= or PropagatesStopTo= would stop the agent when the sidecar fails, and systemd does not',
      'start it with the next one.',
    ].join('\n'),
    settings: [
      ['Wants', `${unitName('resolver')} ${unitName('sidecar')}`],
      ['After', `${unitName('resolver')} ${unitName('sidecar')}`],
    ],
  },
};

function serviceGroups({ name, args, reloadArgs, stopSeconds }: PopProcess, prefix: string): UnitGroup[] {
  return [
    {
      settings: [
        ['ExecStart', `${prefix}/anycast ${args.join(' ')}`],
        ...(reloadArgs ? [['ExecReload', `${prefix}/anycast ${reloadArgs.join(' ')}`] as const] : []),
        ['User', userName(name)],
        ['Group', sharedGroup],
      ],
    },
    {
      why: 'What is written in the run directory belongs to the group too; nobody else has a part in it.',
      settings: [['UMask', '0007']],
    },
    {
      settings: [
        ['CacheDirectory', userName(name)],
        ['CacheDirectoryMode', '0700'],
        ['Environment', `NODE_COMPILE_CACHE=%C/${userName(name)}`],
      ],
    },
    {
      why: [
        'The process says when it is ready and that its event loop turns, through systemd-notify(1), hence "all". A frozen',
        'process does not take SIGABRT, and a core dump could hold a password: it is killed.',
      ].join('\n'),
      settings: [
        ['Type', 'notify'],
        ['NotifyAccess', 'all'],
        ['WatchdogSec', '10s'],
        ['WatchdogSignal', 'SIGKILL'],
        ['TimeoutStartSec', '30s'],
      ],
    },
    restart,
    stop[name](stopSeconds),
    { settings: [['OOMScoreAdjust', '-500'], ...limits(name)] },
  ];
}

const restart: UnitGroup = {
  why: 'Not where the arguments (64) or the configuration (78) are refused: they stay refused.',
  settings: [
    ['Restart', 'always'],
    ['RestartSec', '1s'],
    ['RestartPreventExitStatus', '64 78'],
  ],
};

/** Sidecar and agent have no ExecReload: they read the configuration once. Restarting the agent withdraws first, as stopping it does. */
const stop: Readonly<Record<ProcessName, (seconds: number) => UnitGroup>> = {
  resolver: stopGroup(),
  sidecar: stopGroup('SIGTERM goes to the sidecar, which has its router close the sessions.'),
  agent: stopGroup(
    'Long enough for a whole drain: `drain` in anycast.yaml says whether there is one, and how long.',
  ),
};

function stopGroup(why?: string): (seconds: number) => UnitGroup {
  return seconds => ({
    ...(why !== undefined && { why }),
    settings: [
      ['KillMode', 'mixed'],
      ['TimeoutStopSec', `${seconds}s`],
    ],
  });
}

/** Every TCP client of the resolver is a file. */
function limits(name: ProcessName): UnitSetting[] {
  return name === 'resolver' ? [['LimitNOFILE', '65536']] : [];
}
