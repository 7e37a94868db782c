/** The kit's resolver with all that a PoP has on, and the same with its plain listener: one socket of node:dgram. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coresFor } from '../universe/namespace.ts';
import { resolverStatus, startResolverProcess } from '../universe/resolver-process.ts';
import { places } from '../universe/zones.ts';
import { type Contender, type Count, cacheOctets, type StartOptions } from './contender.ts';

/** More than one client can ask: the limit is looked at with each query, and never reached. */
const perSecond = 1_000_000;

/** How many listener threads it has, by the workers that it shall have. */
type ThreadsFor = (workers: 1 | 2) => number;

export const anycast: Contender = {
  ...contender(workers => workers),
  name: 'anycast',
  summary: 'the kit’s resolver; access list, rate limit, cookies, NSID, metrics, cache of 512 MiB',
  hasTwoWorkers: true,
};

export const anycastDgram: Contender = {
  ...contender(() => 0),
  name: 'anycast-dgram',
  summary: 'the same with batching switched off: what it falls back to where there is no recvmmsg',
};

function contender(threadsFor: ThreadsFor) {
  return {
    kind: 'ours',
    address: places.service,
    programs: ['openssl:openssl'],
    streams: ['tcp', 'dot'],
    start: (options: StartOptions) => start(options, threadsFor(options.workers)),
    countAnswers,
  } as const;
}

async function start({ folder, workers, certificate: tls }: StartOptions, threads: number) {
  const secretFile = join(folder, 'cookie-secrets');
  await writeFile(secretFile, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
  const rateLimit = `{ perSecond: ${perSecond}, burst: ${perSecond} }`;
  const all = [
    `clients: { rateLimit: ${rateLimit}, inFlight: off, cookies: { secretFile: ${secretFile} } }`,
    `cache: { maxBytes: ${cacheOctets} }`,
    `transports: { tls: { certificate: ${tls.certificate}, key: ${tls.key} }, dot: {} }`,
    `threads: ${threads}`,
  ];
  return await startResolverProcess(join(folder, 'resolver'), all, {
    cores: coresFor(workers),
  });
}

async function countAnswers(): Promise<Count> {
  const { cache, rrsets } = await resolverStatus();
  return { count: cache.entries, of: `answers, and ${rrsets.entries} RRsets` };
}
