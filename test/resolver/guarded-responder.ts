/** Responder, pipeline and what is known of clients, as in the resolver, with a clock that stands still and no sockets. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeMessage, encodeMessage, type Message } from '../../src/dns/message.ts';
import { AnswerCache } from '../../src/resolver/cache/answer-cache.ts';
import { createCacheActivity } from '../../src/resolver/cache/cache-activity.ts';
import { ttlLimits } from '../../src/resolver/cache/cacheable.ts';
import { RRsetCache } from '../../src/resolver/cache/rrset-cache.ts';
import { type Clients, openClients } from '../../src/resolver/clients/clients.ts';
import { createCounters, type ResolverCounters } from '../../src/resolver/counters.ts';
import { createResponder } from '../../src/resolver/listeners/respond.ts';
import { openNames } from '../../src/resolver/names/names.ts';
import { createPipeline } from '../../src/resolver/pipeline.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import type { Transport } from '../../src/resolver/transport.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testDeployment } from './test-deployment.ts';
import { testLimits } from './work-budgets.ts';

export interface GuardedResponder extends AsyncDisposable {
  readonly clients: Clients;
  readonly counters: ResolverCounters;
  readonly clock: FakeClock;
  readonly secretFile: string;
  /** What was sent at once: octets, undefined for silence, `waiting` when neither has come yet. */
  ask(query: Message | Uint8Array, from?: From): Sent | 'waiting';
  /** The same, when it comes. */
  later(query: Message | Uint8Array, from?: From): Promise<Sent>;
}

export interface From {
  readonly address?: string;
  readonly transport?: Transport;
}

export type Sent = { readonly octets: Uint8Array; readonly message: Message } | undefined;

export interface GuardedOptions {
  readonly resolve: Resolution['resolve'];
  /** Keys of `resolver.clients`, in YAML flow style. */
  readonly clients?: readonly string[];
  /** The lines of the file of cookie secrets; cookies are off without. */
  readonly secrets?: readonly string[];
}

/** Of clients that are admitted. */
export const stranger = '198.18.0.1';

export async function openGuardedResponder(options: GuardedOptions): Promise<GuardedResponder> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const secretFile = join(folder.path, 'cookies');
  const keys = [...(options.clients ?? [])];
  if (options.secrets) {
    await writeFile(secretFile, options.secrets.join('\n'), { mode: 0o600 });
    keys.push(`cookies: { secretFile: ${secretFile} }`);
  }
  const { slice } = testDeployment({
    resolver: [
      'accessList: [198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, "2001:db8::/32"]',
      `clients: { ${keys.join(', ')} }`,
    ],
  });
  const clock = fakeClock(1_750_000_000_000);
  const counters = createCounters();
  const ownAddresses = new Set(['198.51.100.1']);
  const log = createLog('resolver', 'fra', 'silent');
  const config = slice.config.resolver.clients;
  const clients = parts.use(await openClients({ config, ownAddresses, clock, log, slotKey: [1, 2] }));
  const names = parts.use(await openNames({ config: slice.config.resolver.names, clock, log }));
  const cache = new AnswerCache(65_536, 0);
  const rrsets = new RRsetCache({ maxOctets: 65_536, limits: ttlLimits(slice.config.resolver.cache), clock });
  const resolution = { resolve: options.resolve };
  const respond = createResponder({
    pipeline: createPipeline(slice, {
      clock,
      cache,
      rrsets,
      cacheActivity: createCacheActivity(),
      resolution,
      clients,
      names,
      counters,
    }).answer,
    counters,
    clock,
    clients,
    workLimits: testLimits,
    ownAddresses,
    onFault: error => {
      throw error;
    },
  });
  const local = { text: '203.0.113.53', family: 4, kind: 'service' } as const;
  const send = (query: Message | Uint8Array, from: From, give: (sent: Sent) => void): void => {
    const client = { transport: from.transport ?? 'udp', address: from.address ?? stranger, local };
    respond(query instanceof Uint8Array ? query : encodeMessage(query), client, octets =>
      give(octets && { octets, message: decodeMessage(octets) }),
    );
  };
  const moved = parts.move();
  return {
    clients,
    counters,
    clock,
    secretFile,
    ask: (query, from = {}) => {
      let given: Sent | 'waiting' = 'waiting';
      send(query, from, sent => {
        given = sent;
      });
      return given;
    },
    later: (query, from = {}) => new Promise(resolve => send(query, from, resolve)),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** The message that was sent at once. */
export function messageOf(sent: Sent | 'waiting'): Message {
  if (!sent || sent === 'waiting') throw new Error(sent ?? 'silence');
  return sent.message;
}
