/** What a plan needs to know of this machine when the lab is a sandbox on it. */
import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../system/fault.ts';
import type { PlanSettings } from '../plan-context.ts';
import { runRoot } from './paths.ts';

/** This program, as a command: the very Node and the very source that run now. */
export const anycastCommand: readonly [string, string] = [
  process.execPath,
  fileURLToPath(new URL('../../main.ts', import.meta.url)),
];

/** @throws Fault `environment` when something that the lab reads would be hidden by its own /run. */
export async function sandboxSettings(configPath: string): Promise<PlanSettings> {
  const config = await realpath(configPath);
  for (const path of [config, ...anycastCommand]) {
    if (path.startsWith('/run/'))
      throw new Fault('environment', `${path} is in /run, where a lab has a folder of its own`, {
        hint: 'move it elsewhere',
      });
  }
  return {
    runRoot,
    anycast: anycastCommand,
    configPath: config,
    birdConfigs: fileURLToPath(new URL('../../../bird-configs', import.meta.url)),
    seed: randomBytes(32).toString('hex'),
  };
}
