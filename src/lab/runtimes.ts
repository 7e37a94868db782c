/** The registry of lab runtimes; the first is used unless told. A new one is one file in `runtimes/` and one line here. */
import { suggestion } from '../config/nearest.ts';
import { Fault } from '../system/fault.ts';
import type { LabRuntime } from './lab-runtime.ts';
import { docker } from './runtimes/docker.ts';
import { netns } from './runtimes/netns.ts';

export const labRuntimes: readonly [LabRuntime, ...LabRuntime[]] = [netns, docker];

/** @throws Fault `usage` when there is none of that kind. */
export function runtimeOfKind(kind: string): LabRuntime {
  const runtime = labRuntimes.find(each => each.kind === kind);
  if (runtime) return runtime;
  throw new Fault('usage', `there is no lab runtime '${kind}'`, {
    hint: suggestion(
      kind,
      labRuntimes.map(each => each.kind),
    ),
  });
}
