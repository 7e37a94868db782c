/** What a process may do: its capabilities (capabilities(7)) and its limit of open files, from /proc. */
import { readFile } from 'node:fs/promises';

/** Bit numbers of linux/capability.h. */
const capabilityBits = { CAP_NET_BIND_SERVICE: 10, CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;

export type Capability = keyof typeof capabilityBits;

export interface ProcessRights {
  readonly capabilities: ReadonlySet<Capability>;
  /** Undefined where this user may not see it; Infinity when unlimited. */
  readonly openFiles?: number;
}

/** @throws The operating system's error when the process is gone or hidden. */
export async function readProcessRights(pid: number | 'self'): Promise<ProcessRights> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => undefined);
  const openFiles = limits === undefined ? undefined : openFilesIn(limits);
  return { capabilities: capabilitiesIn(status), ...(openFiles !== undefined && { openFiles }) };
}

/** The effective ones of /proc/PID/status. */
export function capabilitiesIn(status: string): ReadonlySet<Capability> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  const all = Object.entries(capabilityBits) as [Capability, number][];
  return new Set(all.filter(([, bit]) => (bits >> BigInt(bit)) & 1n).map(([name]) => name));
}

/** The soft limit of /proc/PID/limits. Node raises its own to the hard one as it starts. */
export function openFilesIn(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
