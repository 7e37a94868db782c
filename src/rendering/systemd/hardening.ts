/** What a process of the kit may not do on its host, as systemd enforces it (systemd.exec(5)). */
import { runDirectory } from '../places.ts';
import type { PopProcess, ProcessName } from '../pop-processes.ts';
import type { UnitGroup } from './unit-file.ts';

/** Address families beyond IP and Unix sockets: the kernel's lists of interfaces and addresses are read over netlink. */
const addressFamilies = 'AF_INET AF_INET6 AF_UNIX AF_NETLINK';

export function hardening({ name, capabilities }: PopProcess): readonly UnitGroup[] {
  const held = capabilities.map(capability => `CAP_${capability}`).join(' ');
  return [
    {
      why: capabilityReason[name],
      settings: [
        ['CapabilityBoundingSet', held],
        ['AmbientCapabilities', held],
        ['NoNewPrivileges', 'yes'],
      ],
    },
    {
      why: 'The file system is to be read; only the run directory and a cache of compiled code are written.',
      settings: [
        ['ProtectSystem', 'strict'],
        ['ReadWritePaths', runDirectory],
        ['ProtectHome', 'yes'],
        ['PrivateTmp', 'yes'],
        ['PrivateDevices', 'yes'],
        ['DevicePolicy', 'closed'],
      ],
    },
    {
      settings: [
        ['ProtectClock', 'yes'],
        ['ProtectControlGroups', 'yes'],
        ['ProtectHostname', 'yes'],
        ['ProtectKernelLogs', 'yes'],
        ['ProtectKernelModules', 'yes'],
        ['ProtectKernelTunables', 'yes'],
        ['LockPersonality', 'yes'],
        ['RemoveIPC', 'yes'],
        ['RestrictNamespaces', 'yes'],
        ['RestrictRealtime', 'yes'],
        ['RestrictSUIDSGID', 'yes'],
        ['RestrictAddressFamilies', addressFamilies],
      ],
    },
    processGroup(name),
    {
      why: [
        'A refused system call is an error (EPERM), not death: Node and BIRD try some that they can do without.',
        ...(name === 'sidecar' ? ['setpriv(1) sets its capabilities anew, to what they are: capset.'] : []),
      ].join('\n'),
      settings: [
        ['SystemCallArchitectures', 'native'],
        ['SystemCallFilter', '@system-service'],
        ['SystemCallFilter', '~@privileged @resources'],
        ...(name === 'sidecar' ? [['SystemCallFilter', 'capset'] as const] : []),
        ['SystemCallErrorNumber', 'EPERM'],
      ],
    },
    {
      why: [
        'Left out on purpose. MemoryDenyWriteExecute: V8 compiles at run time, and Node dies of it. PrivateUsers:',
        'capabilities would then hold for a network namespace that is not the host’s. PrivateNetwork: the network is the job.',
      ].join('\n'),
      settings: [],
    },
  ];
}

const capabilityReason: Readonly<Record<ProcessName, string>> = {
  resolver: 'A port below 1024.',
  sidecar: [
    'What the router needs when it is not root’s. It is started by setpriv(1), which has the kernel kill it when the sidecar',
    'dies; that does not survive a change of user. So the router must not drop privileges itself: no -u, no -g.',
  ].join('\n'),
  agent: 'The service address is put on lo, and taken off again.',
};

/** The agent asks the kernel whether the resolver is stopped, busy or idle, and therefore must see another user's process. */
function processGroup(name: ProcessName): UnitGroup {
  if (name !== 'agent')
    return {
      settings: [
        ['ProtectProc', 'invisible'],
        ['ProcSubset', 'pid'],
      ],
    };
  return {
    why: 'The state of the resolver’s process is read below /proc, so other users’ processes stay visible.',
    settings: [
      ['ProtectProc', 'default'],
      ['ProcSubset', 'pid'],
    ],
  };
}
