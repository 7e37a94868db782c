/**
 * The driver without a router: what is applied is what is observed. For tests of the agent, and for running one where
 * nothing shall be announced.
 *
 * It has one neighbour, `memory`, whose sessions are always established, and it announces no fallback prefix.
 */
import type { Announcement } from '../announcement.ts';
import type { RouteDriver, RouteDriverKind, Session } from '../route-driver.ts';

const neighbour = 'memory';

const sessions: readonly Session[] = [
  { neighbour, family: 4, state: 'established', detail: 'kept in memory' },
  { neighbour, family: 6, state: 'established', detail: 'kept in memory' },
];

export const memoryDriver: RouteDriverKind = { kind: 'memory', create: () => memoryRoutes() };

function memoryRoutes(): RouteDriver {
  let announced: readonly Announcement[] = [];
  return {
    kind: 'memory',
    async apply(desired, signal) {
      signal.throwIfAborted();
      announced = [...desired];
    },
    async observe(signal) {
      signal.throwIfAborted();
      const exported = announced.map(
        ({ prefix, ...route }) => [prefix.text, [{ neighbour, ...route }]] as const,
      );
      return { exported: new Map(exported), sessions };
    },
    async [Symbol.asyncDispose]() {
      announced = [];
    },
  };
}
