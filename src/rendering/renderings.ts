/** The registry of renderings, in the order they are written. A new one is one file in `renderings/` and one line here. */
import { suggestion } from '../config/nearest.ts';
import { Fault } from '../system/fault.ts';
import type { RenderingKind } from './rendering.ts';
import { configRendering } from './renderings/config.ts';
import { containerRendering } from './renderings/container.ts';
import { kubernetesRendering } from './renderings/kubernetes.ts';
import { routerRendering } from './renderings/router.ts';
import { sysctlRendering } from './renderings/sysctl.ts';
import { systemdRendering } from './renderings/systemd.ts';

export const renderings: readonly RenderingKind[] = [
  configRendering,
  routerRendering,
  sysctlRendering,
  systemdRendering,
  containerRendering,
  kubernetesRendering,
];

/** Those of these names, or all when none is named. @throws Fault `usage` for a name that is none. */
export function renderingsNamed(names: readonly string[]): readonly RenderingKind[] {
  const known = renderings.map(({ kind }) => kind);
  for (const name of names) {
    if (!known.includes(name))
      throw new Fault('usage', `there is no rendering '${name}'`, { hint: suggestion(name, known) });
  }
  return names.length === 0 ? renderings : renderings.filter(({ kind }) => names.includes(kind));
}
