/** Kernel settings: reading them below /proc/sys, and the commands that set them. */
import { join } from 'node:path';
import { readFileIfAny } from '../../system/files.ts';
import type { Remedy } from '../finding.ts';

/** The parts of a setting's name; an interface's name is one part even where it holds a dot. */
export type SysctlKey = readonly string[];

/** The setting as a number, or undefined where this kernel or this network namespace does not have it. */
export async function readSysctl(key: SysctlKey): Promise<number | undefined> {
  const [value] = (await readSysctlNumbers(key)) ?? [];
  return value;
}

/** A setting of several numbers, such as a port range. */
export async function readSysctlNumbers(key: SysctlKey): Promise<readonly number[] | undefined> {
  const text = await readFileIfAny(join('/proc/sys', ...key));
  return text?.trim().split(/\s+/).map(Number);
}

/** The name as sysctl(8) takes it: dots between the parts, and a slash for a dot inside one. */
export function sysctlName(key: SysctlKey): string {
  return key.map(part => part.replaceAll('.', '/')).join('.');
}

/** Sets it now, and says how it is kept over a restart. */
export function setSysctl(key: SysctlKey, value: number | string): readonly Remedy[] {
  return setSysctls([key, value]);
}

/** As `setSysctl`, for several. */
export function setSysctls(
  ...settings: readonly (readonly [key: SysctlKey, value: number | string])[]
): readonly Remedy[] {
  const commands = settings.map(([key, value]) => {
    const setting = `${sysctlName(key)}=${value}`;
    return { run: `sysctl -w ${setting.includes(' ') ? `'${setting}'` : setting}` };
  });
  return [...commands, keepSysctls];
}

/** One file holds what a PoP needs of the kernel. */
const keepSysctls: Remedy = {
  advice: 'to keep it over a restart: copy deploy/sysctl/90-anycast.conf to /etc/sysctl.d/',
};
