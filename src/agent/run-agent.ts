/**
 * The agent as a process: its parts put together, its control socket and metrics page, from start to signal.
 *
 * Order up: control socket (it tells a second agent of the same PoP to stay away) -> metrics page -> agent. What fails
 * there is fatal, and happens before anything is announced. Order down: withdraw -> see it -> close everything.
 */
import { randomInt } from 'node:crypto';
import type { PopSlice } from '../config/anycast-config.ts';
import { healthChecks } from '../health/checks.ts';
import { hostPrefix } from '../ip/prefix.ts';
import { routeDrivers } from '../routing/drivers.ts';
import type { RouteDriverKind } from '../routing/route-driver.ts';
import { systemClock } from '../system/clock.ts';
import { type ControlHandler, serveControl } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';
import { makeFolder } from '../system/files.ts';
import { createLog } from '../telemetry/log.ts';
import { serveMetrics } from '../telemetry/metrics-server.ts';
import { Agent } from './agent.ts';
import type { ConfiguredCheck } from './check-watch.ts';
import { intentFile } from './intent.ts';
import { agentMetrics } from './metrics.ts';
import { peersOf } from './peers/peer.ts';
import { loopbackAddresses } from './service-address.ts';

/** Runs until `stop` aborts, then ends in good order; `skip` cuts the waiting short. */
export async function runAgent(
  {
    slice,
    runDirectory,
    onReady,
  }: {
    readonly slice: PopSlice;
    readonly runDirectory: string;
    /** Called when the agent has looked at the router and works. */
    readonly onReady?: () => void;
  },
  { stop, skip }: { readonly stop: AbortSignal; readonly skip: AbortSignal },
): Promise<void> {
  const { config, pop, name } = slice;
  const checks = configuredChecks(slice);
  const driverKind = driverOf(pop.driver);
  const log = createLog('agent', name, config.telemetry.logLevel);
  const metrics = agentMetrics({
    checks: checks.map(check => check.name),
    prefixes: config.service.addresses.map(address => hostPrefix(address).text),
    neighbours: pop.neighbours.map(neighbour => neighbour.name),
    peers: peersOf(slice).map(peer => peer.pop),
  });
  await makeFolder(runDirectory);
  await using stack = new AsyncDisposableStack();
  let agent: Agent | undefined;
  const control = stack.use(
    await serveControl(
      `${runDirectory}/agent.sock`,
      handlers(name, () => agent),
    ),
  );
  stack.use(
    await serveMetrics({
      addresses: pop.management,
      port: config.telemetry.agentPort,
      registry: metrics.registry,
      status: () => agent?.status() ?? { pop: name, starting: true },
    }),
  );
  agent = await Agent.start({
    slice,
    checks,
    driver: driverKind.create(runDirectory),
    addresses: loopbackAddresses(config.service.addresses),
    intents: intentFile(`${runDirectory}/intent.json`),
    metrics,
    runDirectory,
    clock: systemClock,
    log,
    random: () => randomInt(2 ** 32) / 2 ** 32,
  });
  stack.use(agent);
  agent.events().onEvent(event => control.push('event', event));
  onReady?.();
  await aborted(stop);
  const seen = await agent.end(skip);
  log.info({ withdrawalSeen: seen }, 'ended');
}

/** The requests of `agent.sock`. Each may name the PoP it means, and is refused by another one's agent. */
function handlers(pop: string, agentNow: () => Agent | undefined): Record<string, ControlHandler> {
  const forAgent =
    (handle: (agent: Agent, force: boolean) => unknown): ControlHandler =>
    args => {
      if (args.pop !== undefined && args.pop !== pop)
        throw new Fault('usage', `this is the agent of ${pop}, not of ${String(args.pop)}`, {
          hint: 'is --run-dir the one of the PoP you mean?',
        });
      const agent = agentNow();
      if (!agent)
        throw new Fault('unreachable', 'the agent is still starting', { hint: 'try again in a moment' });
      return handle(agent, args.force === true);
    };
  return {
    status: forAgent(agent => agent.status()),
    explain: forAgent(agent => agent.explain()),
    events: forAgent(agent => agent.events().events()),
    drain: forAgent((agent, force) => agent.operations().drain({ force })),
    withdraw: forAgent((agent, force) => agent.operations().withdraw({ force })),
    undrain: forAgent(agent => agent.operations().undrain()),
  };
}

function configuredChecks({ config }: PopSlice): ConfiguredCheck[] {
  const checks = Object.entries(config.checks).map(([name, check]) => {
    const kind = healthChecks.find(known => known.kind === check.kind);
    if (!kind) throw new Fault('internal', `no such check: ${check.kind}`);
    return { name, check: kind, config: check };
  });
  if (checks.length > 0) return checks;
  throw new Fault('config-invalid', 'no check is configured: nothing would ever withdraw a sick PoP', {
    hint: 'add at least: checks: { liveness: { kind: liveness } }',
  });
}

function driverOf(name: string): RouteDriverKind {
  const kind = routeDrivers.find(known => known.kind === name);
  if (!kind) throw new Fault('internal', `no such route driver: ${name}`);
  return kind;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
}
