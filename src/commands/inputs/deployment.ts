/** Reading anycast.yaml with everything the program knows: the one place where the registries meet the schema. */
import type { AnycastConfig, ConfigKinds, PopSlice } from '../../config/anycast-config.ts';
import { loadConfig, popOf } from '../../config/load-config.ts';
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
