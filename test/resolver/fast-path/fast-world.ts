/** Responder and pipeline as in the resolver, without sockets; asked as listeners ask, with a fast path in front or without. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PopSlice } from '../../../src/config/anycast-config.ts';
import { AnswerCache } from '../../../src/resolver/cache/answer-cache.ts';
import { createCacheActivity } from '../../../src/resolver/cache/cache-activity.ts';
import { ttlLimits } from '../../../src/resolver/cache/cacheable.ts';
import { RRsetCache } from '../../../src/resolver/cache/rrset-cache.ts';
import { readAddressWords } from '../../../src/resolver/clients/address-words.ts';
import { type Clients, openClients } from '../../../src/resolver/clients/clients.ts';
import { createCounters, type ResolverCounters } from '../../../src/resolver/counters.ts';
import {
  type FastPath,
  type FastQuery,
  handOver,
  noReply,
} from '../../../src/resolver/fast-path/fast-path.ts';
import { FastSource } from '../../../src/resolver/fast-path/fast-source.ts';
import { openFastPath } from '../../../src/resolver/fast-path/open-fast-path.ts';
import { createResponder } from '../../../src/resolver/listeners/respond.ts';
import { SingleReplies } from '../../../src/resolver/listeners/single-replies.ts';
import { type Names, openNames } from '../../../src/resolver/names/names.ts';
import { createPipeline } from '../../../src/resolver/pipeline.ts';
import type { Resolution } from '../../../src/resolver/resolution.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testDeployment } from '../test-deployment.ts';
import { testLimits } from '../work-budgets.ts';

export const secrets = ['000102030405060708090a0b0c0d0e0f', 'f0e0d0c0b0a090807060504030201000'];

export const ownAddress = '203.0.113.1';

/** What became of a query: the octets sent, undefined for silence; and whether the fast path did it. */
export interface Given {
  readonly octets: Uint8Array | undefined;
  readonly isFast: boolean;
}

export interface FastWorld extends AsyncDisposable {
  readonly slice: PopSlice;
  readonly cache: AnswerCache;
  readonly clients: Clients;
  readonly names: Names;
  readonly counters: ResolverCounters;
  readonly source: FastSource;
  readonly fast: FastPath;
  /** As a thread does it when it hears that the source was renewed. */
  beginAnew(): void;
  /** As a thread does it: hands over what the fast path leaves. */
  ask(octets: Uint8Array, address?: string): Given;
  /** As the resolver does it alone. */
  askPipeline(octets: Uint8Array, address?: string, transport?: 'udp' | 'tcp'): Given;
}

/** A query as a thread has it, in buffers of its own; neither begins where its buffer begins. */
export function threadQuery(octets: Uint8Array, address: string): FastQuery {
  const buffer = new Uint8Array(octets.length + 16).fill(0xee);
  buffer.set(octets, 7);
  const words = new Int32Array(4);
  const wordCount = readAddressWords(address, words);
  if (wordCount === 0) throw new Error(address);
  const reply = new Uint8Array(1300).fill(0xee);
  return {
    octets: buffer,
    at: 7,
    length: octets.length,
    words,
    wordCount,
    isService: true,
    reply,
    replyAt: 9,
  };
}

export interface FastWorldOptions {
  readonly clock: FakeClock;
  readonly resolve: Resolution['resolve'];
  /** Keys of `resolver` besides, in YAML flow style. */
  readonly resolver?: readonly string[];
  /** Keys of `resolver.clients`. */
  readonly clients?: readonly string[];
  readonly hasCookies?: boolean;
  readonly accessList?: readonly string[];
  /** Of the table. */
  readonly maxOctets?: number;
  /** Whether the resolver's own thread answers, as where there is no other. */
  readonly isOwn?: boolean;
}

export async function openFastWorld(options: FastWorldOptions): Promise<FastWorld> {
  const { clock, resolve, hasCookies = true, maxOctets = 1 << 20, isOwn = false } = options;
  const { accessList = ['198.18.0.0/15', '198.51.100.0/24', '"2001:db8::/32"'] } = options;
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const secretFile = join(folder.path, 'cookies');
  await writeFile(secretFile, secrets.join('\n'), { mode: 0o600 });
  const clientKeys = [
    ...(options.clients ?? []),
    ...(hasCookies ? [`cookies: { secretFile: ${secretFile} }`] : []),
  ];
  const { slice } = testDeployment({
    resolver: [
      `accessList: [${accessList.join(', ')}]`,
      `clients: { ${clientKeys.join(', ')} }`,
      ...(options.resolver ?? []),
    ],
  });
  const { config } = slice;
  const log = createLog('resolver', 'fra', 'silent');
  const counters = createCounters();
  const ownAddresses = new Set([ownAddress]);
  const slotKey = [1, 2] as const;
  const held: { source?: FastSource } = {};
  const renew = (): void => held.source?.renew();
  const clients = parts.use(
    await openClients({
      config: config.resolver.clients,
      ownAddresses,
      clock,
      log,
      slotKey,
      onSecrets: renew,
    }),
  );
  const names = parts.use(await openNames({ config: config.resolver.names, clock, log, onReplaced: renew }));
  const cache = new AnswerCache(1 << 24, 0);
  const rrsets = new RRsetCache({ maxOctets: 65_536, limits: ttlLimits(config.resolver.cache), clock });
  const source = new FastSource({
    slice,
    maxOctets,
    cache,
    clients,
    slotKey,
    names,
    counters,
    ownAddresses,
    clock,
  });
  held.source = source;
  const own = isOwn ? source.openOwn() : undefined;
  const open = (): FastPath => own ?? openFastPath(structuredClone(source.sharedFor(0)));
  let fast = open();
  const beginAnew = (): void => {
    fast = open();
  };
  source.onRenewed = beginAnew;
  const pipeline = parts.use(
    createPipeline(slice, {
      clock,
      cache,
      rrsets,
      cacheActivity: createCacheActivity(),
      resolution: { resolve },
      clients,
      names,
      counters,
    }),
  );
  const respond = createResponder({
    pipeline: query => source.watch(query, pipeline.answer(query)),
    counters,
    clock,
    clients,
    workLimits: testLimits,
    ownAddresses,
    onFault: error => {
      throw error;
    },
  });
  const askPipeline: FastWorld['askPipeline'] = (octets, address = '198.18.0.1', transport = 'udp') => {
    const family = address.includes(':') ? 6 : 4;
    const local = { text: family === 4 ? '203.0.113.53' : '2001:db8::53', family, kind: 'service' } as const;
    let sent: Uint8Array | undefined | 'waiting' = 'waiting';
    respond(octets, { transport, address, local }, given => {
      sent = given;
    });
    if (sent === 'waiting') throw new Error('no reply at once');
    return { octets: sent, isFast: false };
  };
  const replies = own && new SingleReplies({ fastPath: own, clock, isService: true });
  const ask: FastWorld['ask'] = (octets, address = '198.18.0.1') => {
    if (replies) {
      const size = replies.answer(octets, address);
      if (size === handOver) return askPipeline(octets, address);
      const reply = replies.octets.subarray(replies.at, replies.at + size);
      return { octets: size === noReply ? undefined : reply, isFast: true };
    }
    const query = threadQuery(octets, address);
    const size = fast.answer(query, { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });
    if (size === handOver) return askPipeline(octets, address);
    const { reply, replyAt } = query;
    return { octets: size === noReply ? undefined : reply.slice(replyAt, replyAt + size), isFast: true };
  };
  const moved = parts.move();
  return {
    slice,
    cache,
    clients,
    names,
    counters,
    source,
    get fast() {
      return fast;
    },
    beginAnew,
    ask,
    askPipeline,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
