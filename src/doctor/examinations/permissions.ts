/** What the PoP's processes may do: of those that run, as they are; else of whoever runs the doctor. */
import type { Examination } from '../examination.ts';
import { type Finding, fail, pass, skip, warn } from '../finding.ts';
import type { KitProcess } from '../host/kit-processes.ts';
import { type Capability, readProcessRights } from '../host/process-rights.ts';
import { readSysctl } from '../host/sysctl.ts';

interface Need {
  readonly process: 'agent' | 'resolver' | 'sidecar';
  readonly capability: Capability;
  readonly purpose: string;
}

export const permissionsExamination: Examination = {
  name: 'permissions',
  looksAt: 'permissions',
  needs: 'host',
  async examine({ slice, host }) {
    const firstFree = (await readSysctl(['net', 'ipv4', 'ip_unprivileged_port_start'])) ?? 1024;
    const kit = await host.kitProcesses();
    return await Promise.all(
      needsOf({ dnsPort: slice?.config.resolver.port ?? 53, firstFree }).map(need =>
        examineNeed(need, kit[need.process]),
      ),
    );
  },
};

/** CAP_NET_RAW is not among them: nothing here opens a raw socket. */
export function needsOf({
  dnsPort,
  firstFree,
}: {
  readonly dnsPort: number;
  readonly firstFree: number;
}): Need[] {
  const binds = 'CAP_NET_BIND_SERVICE';
  return [
    { process: 'agent', capability: 'CAP_NET_ADMIN', purpose: 'to put the service address on lo' },
    ...(dnsPort < firstFree
      ? [{ process: 'resolver', capability: binds, purpose: `to take port ${dnsPort}` } as const]
      : []),
    ...(firstFree > 179
      ? [{ process: 'sidecar', capability: binds, purpose: 'for its router to take port 179' } as const]
      : []),
  ];
}

/** `held` is of the process itself when it runs (`whose` is its name), of this user otherwise. */
export function judgeNeed(
  { process, capability, purpose }: Need,
  held: ReadonlySet<Capability>,
  whose: 'its own' | "this user's",
): Finding {
  const about = `${process}`;
  const remedy = { advice: `AmbientCapabilities=${capability} in its systemd unit; not root` };
  if (held.has(capability)) return pass(about, `${capability}, ${purpose}`);
  if (whose === 'its own') return fail(about, `runs without ${capability}, ${purpose}`, remedy);
  return warn(about, `this user has no ${capability}, and the ${process} needs it ${purpose}`, remedy);
}

async function examineNeed(need: Need, process: KitProcess): Promise<Finding> {
  const pid = process.state === 'answers' ? process.pid : undefined;
  try {
    const { capabilities } = await readProcessRights(pid ?? 'self');
    return judgeNeed(need, capabilities, pid === undefined ? "this user's" : 'its own');
  } catch {
    return skip(need.process, `this user may not see what process ${pid} may do`);
  }
}
