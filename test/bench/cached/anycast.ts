/** The kit's resolver with all that a PoP has on, and the same with its plain listener: one socket of node:dgram. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolverStatus, startResolverProcess } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { type Contender, type Count, cacheOctets, coresFor, type StartOptions } from './contender.ts';

/** More than one client can ask: the limit is looked at with each query, and never reached. */
const perSecond = 1_000_000;

/** What makes a resolver's process answer in batches, or not. */
interface Listening {
  /** Keys of `resolver`, in YAML flow style. */
  keysFor(workers: 1 | 2): readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const batched: Listening = { keysFor: () => [], environment: {} };
const plain: Listening = { keysFor: () => [], environment: { ANYCAST_BATCHED_UDP: 'off' } };

export const anycast: Contender = {
  ...contender(batched),
  name: 'anycast',
  summary: 'the kit’s resolver; access list, rate limit, cookies, NSID, metrics, cache of 512 MiB',
  hasTwoWorkers: true,
};

export const anycastDgram: Contender = {
  ...contender(plain),
  name: 'anycast-dgram',
  summary: 'the same with batching switched off: what it falls back to where there is no recvmmsg',
};

function contender(listening: Listening) {
  return {
    kind: 'ours',
    address: places.anycast,
    programs: ['openssl:openssl'],
    streams: ['tcp', 'dot'],
    start: (options: StartOptions) => start(options, listening),
    countAnswers,
  } as const;
}

async function start(
  { folder, workers, certificate: tls }: StartOptions,
  { keysFor, environment }: Listening,
) {
  const secretFile = join(folder, 'cookie-secrets');
  await writeFile(secretFile, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  const rateLimit = `{ perSecond: ${perSecond}, burst: ${perSecond} }`;
  const all = [
    `clients: { rateLimit: ${rateLimit}, inFlight: off, cookies: { secretFile: ${secretFile} } }`,
    `cache: { maxBytes: ${cacheOctets} }`,
    `transports: { tls: { certificate: ${tls.certificate}, key: ${tls.key} }, dot: {} }`,
    ...keysFor(workers),
  ];
  return await startResolverProcess(join(folder, 'resolver'), all, {
    cores: coresFor(workers),
    environment,
  });
}

async function countAnswers(): Promise<Count> {
  const { cache, rrsets } = await resolverStatus();
  return { count: cache.entries, of: `answers, and ${rrsets.entries} RRsets` };
}
