/** The registry of CLI verbs, in the order `anycast --help` lists them. A new verb is one file here and one line. */
import { agentCommand } from './agent.ts';
import { cacheCommand } from './cache.ts';
import { catchmentCommand } from './catchment.ts';
import type { CommandKind } from './command.ts';
import { configCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { drainCommand } from './drain.ts';
import { drillCommand } from './drill.ts';
import { explainCommand } from './explain.ts';
import { labCommand } from './lab.ts';
import { probeCommand } from './probe.ts';
import { queryCommand } from './query.ts';
import { renderCommand } from './render.ts';
import { resolverCommand } from './resolver.ts';
import { sidecarCommand } from './sidecar.ts';
import { standInCommand } from './stand-in.ts';
import { statusCommand } from './status.ts';
import { tourCommand } from './tour.ts';
import { undrainCommand } from './undrain.ts';

export const commands: readonly CommandKind[] = [
  tourCommand,
  labCommand,
  catchmentCommand,
  drillCommand,
  resolverCommand,
  agentCommand,
  sidecarCommand,
  statusCommand,
  explainCommand,
  doctorCommand,
  configCommand,
  drainCommand,
  undrainCommand,
  cacheCommand,
  queryCommand,
  probeCommand,
  renderCommand,
  standInCommand,
];
