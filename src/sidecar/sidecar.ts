/**
 * The sidecar: runs the router of one PoP and is one fate with it, and answers for its routes when the agent cannot.
 *
 * A life: refuse to start where a router answers already; serve `sidecar.sock`, before there is a router that an agent
 * could use without a lease; write the router's files with nothing announced, so that an announcement from before a crash
 * cannot come back before the agent has looked at the service; have the router check them; start it; wait until it
 * answers; then pass its log on and guard the lease until something ends.
 *
 * What always holds:
 * - The router ends, the sidecar ends with a fault: whoever watches over the sidecar starts both afresh.
 * - The sidecar ends, the router ends. On SIGTERM it is told to close its sessions, which withdraws its routes at once.
 *   When the sidecar is killed the kernel kills the router too (`setpriv --pdeathsig`) and closes its TCP connections, with
 *   the same effect.
 * - While the agent renews its lease, what is announced is between agent and router; but for the fallback prefixes where a
 *   router's files cannot announce them (`afterStart`). When the lease runs out the sidecar does what `onAgentLoss` says:
 *   sessions and the fallback stay in any case. See `lease.ts`, `lease-guard.ts`.
 *
 * Not here: what a router's files say (`routers/`), and what is announced when (the agent).
 */
import type { PopSlice } from '../config/anycast-config.ts';
import { routeDrivers } from '../routing/drivers.ts';
import type { RouteDriver } from '../routing/route-driver.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import { serveControl } from '../system/control-socket.ts';
import { Fault } from '../system/fault.ts';
import { makeFolder } from '../system/files.ts';
import type { Log } from '../telemetry/log.ts';
import { LeaseGuard } from './lease-guard.ts';
import { prepareRouter } from './prepare-router.ts';
import type { RouterKind } from './router.ts';
import { type RouterProcess, startRouterProcess } from './router-process.ts';
import { routerOf } from './routers.ts';
import { withdrawAll } from './withdraw-all.ts';

export interface SidecarOptions {
  /** The PoP's folder of control sockets; the router gets a folder in it. */
  readonly runDirectory: string;
  readonly log: Log;
  /** Aborting it stops the router and then the sidecar. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Called when the router answers. */
  readonly onReady?: () => void;
}

/** Milliseconds a router may take to answer after its start; BIRD needs about ten. */
const readyWithinMs = 5000;

/** Milliseconds between two looks whether it answers. */
const askEveryMs = 10;

/** Milliseconds a router may take to close its sessions; BIRD needs a few when its neighbours listen. */
const stopWithinMs = 3000;

/**
 * Runs until the signal aborts, and returns when the router is gone.
 * @throws Fault `busy` when a router or a sidecar answers already, `config-invalid` when the router refuses its files,
 * `timeout` when it does not answer after its start, `unreachable` when it ends by itself.
 */
export async function runSidecar(slice: PopSlice, options: SidecarOptions): Promise<void> {
  const { runDirectory, log, signal, clock = systemClock, onReady } = options;
  const router = routerOf(slice.pop.driver);
  if (await router.isReady(runDirectory, signal)) {
    throw new Fault('busy', `a ${router.kind} answers in ${runDirectory} already`, {
      hint: 'one sidecar per PoP: stop the other one, or give this one its own --run-dir',
    });
  }
  await makeFolder(runDirectory, 0o770);
  let routerPid: number | undefined;
  await using driver = driverOf(router.kind, runDirectory);
  await using guard = guardOf(slice, { driver, log, clock, routerPid: () => routerPid });
  // Closed when the router is gone: an agent that finds nobody here goes without a lease.
  await using _server = await serveControl(`${runDirectory}/sidecar.sock`, guard.handlers());
  await prepareRouter(router, slice, { runDirectory, signal });
  await using process = await startRouterProcess(router.argv(runDirectory), line => {
    const { level, message } = router.readLogLine(line);
    log[level]({ from: router.kind }, message);
  });
  routerPid = process.pid;
  const over = AbortSignal.any([signal, signalWhenEnded(router, process)]);
  try {
    await waitUntilReady(router, { runDirectory, signal: over, clock });
    await router.afterStart?.(runDirectory, over);
    log.info({ router: router.kind, routerPid }, 'ready');
    onReady?.();
    await rejectionOf(over);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    await guard[Symbol.asyncDispose]();
  }
  await process.stop(stopWithinMs);
  log.info({ router: router.kind }, 'stopped');
}

function guardOf(
  { name, config }: PopSlice,
  {
    driver,
    ...parts
  }: {
    readonly driver: RouteDriver;
    readonly log: Log;
    readonly clock: Clock;
    readonly routerPid: () => number | undefined;
  },
): LeaseGuard {
  const { duration, onAgentLoss } = config.lease;
  const fallback = new Set(config.service.fallback.map(prefix => prefix.text));
  return new LeaseGuard({
    ...parts,
    pop: name,
    terms: { durationMs: duration, onAgentLoss },
    withdraw: (options, signal) => withdrawAll({ ...options, driver, fallback, clock: parts.clock }, signal),
  });
}

function driverOf(kind: string, runDirectory: string): RouteDriver {
  const driver = routeDrivers.find(known => known.kind === kind);
  if (!driver) throw new Fault('internal', `no such route driver: ${kind}`);
  return driver.create(runDirectory);
}

/** Aborts when the router ends by itself. */
function signalWhenEnded({ kind }: RouterKind, process: RouterProcess): AbortSignal {
  const controller = new AbortController();
  void process.ended.then(how => {
    const hint = 'its last log lines say why; its routes are withdrawn';
    controller.abort(new Fault('unreachable', `${kind} ended by itself: ${how}`, { hint }));
  });
  return controller.signal;
}

async function waitUntilReady(
  router: RouterKind,
  {
    runDirectory,
    signal,
    clock,
  }: { readonly runDirectory: string; readonly signal: AbortSignal; readonly clock: Clock },
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + readyWithinMs;
  while (!(await router.isReady(runDirectory, signal))) {
    if (clock.monotonicMs() > deadlineMs) {
      throw new Fault('timeout', `${router.kind} did not answer within ${readyWithinMs} ms of its start`, {
        hint: 'its log lines above say what it waits for',
      });
    }
    await clock.sleep(askEveryMs, signal);
  }
}

/** Never resolves; rejects with the signal's reason. */
async function rejectionOf(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
