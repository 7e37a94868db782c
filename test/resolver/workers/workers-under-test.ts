/** Workers with nothing before or behind them, and one name server that has everything. */
import { randomInt } from 'node:crypto';
import type { PopSlice, ResolverConfig } from '../../../src/config/anycast-config.ts';
import type { ResourceRecord } from '../../../src/dns/message.ts';
import { createCounters, type ResolverCounters } from '../../../src/resolver/counters.ts';
import type { Reply } from '../../../src/resolver/reply.ts';
import type { WorkBudget } from '../../../src/resolver/work-budget.ts';
import { ResolverWorkers } from '../../../src/resolver/workers/resolver-workers.ts';
import type { WorkerSources } from '../../../src/resolver/workers/worker-sources.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createLog, type Log } from '../../../src/telemetry/log.ts';
import { serve } from '../iterator/universe.ts';
import { question, type TypeName } from '../messages.ts';
import { openUpstream, type ScriptedUpstream, type UpstreamCall } from '../scripted-upstream.ts';
import { testDeployment } from '../test-deployment.ts';
import { testBudget } from '../work-budgets.ts';

export interface WorkersUnderTest extends AsyncDisposable {
  readonly workers: ResolverWorkers;
  readonly sources: WorkerSources;
  readonly counters: ResolverCounters;
  readonly server: ScriptedUpstream;
  readonly slice: PopSlice;
  ask(name: string, options?: { type?: TypeName; budget?: WorkBudget; of?: WorkerSources }): Promise<Reply>;
  /** The configuration with other values. */
  with(changes: Partial<ResolverConfig>): PopSlice;
}

export interface WorkersOptions {
  readonly workers?: number;
  /** What the server has, or does. */
  readonly server: readonly ResourceRecord[] | ((call: UpstreamCall) => void);
  /** More keys of `resolver`, in YAML flow style. */
  readonly resolver?: readonly string[];
  readonly log?: Log;
  readonly module?: URL;
  readonly questionLimit?: number;
}

export const scriptedWorker = new URL('./scripted-worker.ts', import.meta.url);

export async function openWorkers({
  workers: count = 2,
  server: script,
  resolver = [],
  log = createLog('resolver', 'fra', 'silent'),
  module,
  questionLimit,
}: WorkersOptions): Promise<WorkersUnderTest> {
  await using parts = new AsyncDisposableStack();
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.10`;
  const recursion = `rootHints: [{ name: a.root.test., addresses: [${address}] }], allowQuery: [127.0.0.0/8], priming: false`;
  const keys = [`recursion: { ${recursion} }`, `workers: ${count}`, ...resolver];
  const { slice, upstreamPort } = testDeployment({ forward: {}, resolver: keys });
  const server = parts.use(
    await openUpstream(address, upstreamPort, call => {
      if (typeof script === 'function') script(call);
      else call.send(serve({ origin: '.', records: script }, call.query));
    }),
  );
  const counters = createCounters();
  const workers = parts.use(
    await ResolverWorkers.start({
      ...{ slice, upstreamPort, counters, clock: systemClock, log },
      ...(module && { module }),
      ...(questionLimit !== undefined && { questionLimit }),
    }),
  );
  const sources = parts.use(workers.open(slice, undefined));
  const moved = parts.move();
  return {
    workers,
    sources,
    counters,
    server,
    slice,
    ask: async (name, { type = 'A', budget = testBudget(), of = sources } = {}) =>
      await of.resolve(question(name, type), { dnssecOk: false, checkingDisabled: false }, budget),
    with: changes => ({
      ...slice,
      config: { ...slice.config, resolver: { ...slice.config.resolver, ...changes } },
    }),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
