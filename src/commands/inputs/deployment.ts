/** Reading anycast.yaml with everything the program knows: the one place where the registries meet the schema. */
import { createHash } from 'node:crypto';
import type { AnycastConfig, ConfigKinds, PopSlice } from '../../config/anycast-config.ts';
import { loadConfig, parseConfig, popOf, readConfigText } from '../../config/load-config.ts';
import { healthChecks } from '../../health/checks.ts';
import { routeDrivers } from '../../routing/drivers.ts';
import type { PopOptions } from '../command.ts';

export const configKinds: ConfigKinds = {
  checks: Object.fromEntries(healthChecks.map(check => [check.kind, check.options])),
  drivers: routeDrivers.map(driver => driver.kind),
};

export async function loadDeployment(path: string): Promise<AnycastConfig> {
  return await loadConfig(path, configKinds);
}

/** The slice of the PoP that `--config` and `--pop` name. */
export async function loadPop(options: PopOptions): Promise<PopSlice> {
  return popOf(await loadDeployment(options.config), options.pop);
}

/** Characters of a hash that people compare by eye: 48 bits. */
const hashLength = 12;

/** The same, with what tells this content of the file from another. */
export async function readPop(options: PopOptions): Promise<{ slice: PopSlice; hash: string }> {
  const text = await readConfigText(options.config);
  const slice = popOf(parseConfig(text, options.config, configKinds), options.pop);
  return { slice, hash: configHash(text) };
}

export function configHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength);
}
