/** The memory driver with a router that can be made to refuse, to be away, to forget and to hang. */
import { memoryDriver } from '../../src/routing/drivers/memory.ts';
import type { RouteDriver, Session } from '../../src/routing/route-driver.ts';
import { Fault } from '../../src/system/fault.ts';

export interface TroubledRoutes extends RouteDriver {
  /** How many of the next applies are refused. */
  refusals: number;
  /** While true, neither call is answered. */
  away: boolean;
  /** While true, the next apply does not end before its signal aborts. */
  hanging: boolean;
  /** Prefixes the router does not export although it accepted them. */
  readonly forgotten: Set<string>;
  sessionState: Session['state'];
  /** Prefixes of each accepted apply, in order. */
  readonly applied: string[][];
  /** Attempts to apply, accepted or not. */
  attempts: number;
}

export function troubledRoutes(): TroubledRoutes {
  const routes = memoryDriver.create('/nowhere');
  let calls = 0;
  const oneAtATime = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls > 1) throw new Error('two calls of one driver at once');
    try {
      return await work();
    } finally {
      calls -= 1;
    }
  };
  const driver: TroubledRoutes = {
    kind: 'memory',
    refusals: 0,
    away: false,
    hanging: false,
    forgotten: new Set(),
    sessionState: 'established',
    applied: [],
    attempts: 0,
    apply: (desired, signal) =>
      oneAtATime(async () => {
        driver.attempts += 1;
        if (driver.away) throw new Fault('unreachable', 'the router is away');
        if (driver.hanging)
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
        if (driver.refusals > 0) {
          driver.refusals -= 1;
          throw new Fault('refused', 'the router says no');
        }
        await routes.apply(desired, signal);
        driver.applied.push(desired.map(({ prefix }) => prefix.text));
      }),
    observe: signal =>
      oneAtATime(async () => {
        if (driver.away) throw new Fault('unreachable', 'the router is away');
        const { exported, sessions } = await routes.observe(signal);
        const isUp = driver.sessionState === 'established';
        return {
          exported: new Map([...exported].filter(([prefix]) => isUp && !driver.forgotten.has(prefix))),
          sessions: sessions.map(session => ({ ...session, state: driver.sessionState })),
        };
      }),
    [Symbol.asyncDispose]: async () => await routes[Symbol.asyncDispose](),
  };
  return driver;
}
