/**
 * What a cached answer costs a thread, with everything on: an access list, the rate limit, cookies, NSID. No sockets. Of batches of
 * 64, so that what else the machine does shows in the slow ones only.
 * `node test/bench/fast-answers.ts [SECONDS]`.
 */
import type { EdnsOption } from '../../src/dns/edns.ts';
import { encodeMessage } from '../../src/dns/message.ts';
import { systemClock } from '../../src/system/clock.ts';
import { openFastWorld, threadQuery } from '../resolver/fast-path/fast-world.ts';
import { a, edns, query } from '../resolver/messages.ts';

const seconds = Number(process.argv[2] ?? 2);
const names = 2000;
const clients = 5000;
const batchSize = 64;

const prefixes = Array.from({ length: 17 }, (_, index) => `10.${index}.0.0/16`);
await using world = await openFastWorld({
  clock: { ...systemClock, advance: () => Promise.resolve() },
  clients: ['rateLimit: { perSecond: 1000000, burst: 1000000 }'],
  accessList: [...prefixes, '198.18.0.0/15', '"2001:db8::/32"'],
  maxOctets: 16 * 2 ** 20,
  resolve: ({ name }) => ({
    rcode: 0,
    authoritative: false,
    answers: [{ ...a('x.test', '198.18.0.9', 86_400), name }],
    authorities: [],
    options: [],
    origin: 'resolved',
    isCacheable: true,
  }),
});

const hosts = Array.from({ length: names }, (_, index) => `host-${index}.zone-${index % 50}.test`);
const cases: Readonly<Record<string, (address: string, host: string) => Uint8Array>> = {
  'without EDNS': (_, host) => encodeMessage(query(host)),
  EDNS: (_, host) => encodeMessage(query(host, 'A', { edns: edns() })),
  NSID: (_, host) =>
    encodeMessage(query(host, 'A', { edns: edns({ options: [{ code: 3, data: new Uint8Array() }] }) })),
  'NSID, new cookie': (_, host) =>
    encodeMessage(query(host, 'A', { edns: edns({ options: optionsWith(new Uint8Array(8)) }) })),
  'NSID, good cookie': (address, host) =>
    encodeMessage(query(host, 'A', { edns: edns({ options: optionsWith(cookieFor(address)) }) })),
};

for (const [what, make] of Object.entries(cases)) measure(what, make);
measure('IPv6, NSID, good cookie', cases['NSID, good cookie'] ?? (() => new Uint8Array()), 6);

function optionsWith(cookie: Uint8Array): EdnsOption[] {
  return [
    { code: 3, data: new Uint8Array() },
    { code: 10, data: cookie },
  ];
}

function cookieFor(address: string): Uint8Array {
  const verdict = world.clients.cookies?.judge(
    edns({ options: [{ code: 10, data: new Uint8Array(8) }] }),
    address,
  );
  return verdict?.option?.data ?? new Uint8Array(8);
}

function measure(what: string, make: (address: string, host: string) => Uint8Array, family: 4 | 6 = 4): void {
  const time = { wallMs: Date.now(), monotonicMs: systemClock.monotonicMs() };
  const asked = Array.from({ length: clients }, (_, index) => {
    const address =
      family === 4 ? `198.18.${index >> 8}.${index & 0xff}` : `2001:db8:${index.toString(16)}::1`;
    return { address, host: hosts[(index * 7919) % names] ?? '' };
  });
  const queries = asked.map(({ address, host }) => threadQuery(make(address, host), address));
  for (const { address, host } of asked)
    for (let times = 0; times < 2; times += 1) world.ask(make(address, host), address);
  // Stands still, or the answers would have to be put in anew.
  time.wallMs = Date.now();
  const batch = Array.from({ length: batchSize }, () => threadQuery(new Uint8Array(512), '198.18.0.1'));
  const spentNs: number[] = [];
  let handedOver = 0;
  const startMs = performance.now();
  for (
    let next = 0;
    performance.now() - startMs < seconds * 1000;
    next = (next + batchSize) % queries.length
  ) {
    // As the kernel fills a thread's buffers.
    for (const [index, one] of batch.entries()) {
      const query = queries[(next + index) % queries.length];
      if (!query) continue;
      one.octets.set(query.octets);
      one.words.set(query.words);
      Object.assign(one, { length: query.length, wordCount: query.wordCount });
    }
    time.monotonicMs = systemClock.monotonicMs();
    const before = process.hrtime.bigint();
    for (const one of batch) if (world.fast.answer(one, time) <= 0) handedOver += 1;
    spentNs.push(Number(process.hrtime.bigint() - before) / batchSize);
  }
  const late = spentNs.slice(spentNs.length >> 1).sort((one, other) => one - other);
  const at = (share: number): string =>
    String(Math.round(late[Math.floor(late.length * share)] ?? 0)).padStart(6);
  process.stdout.write(
    `${what.padEnd(26)}${at(0.1)} ${at(0.5)} ${at(0.9)} ns (10, 50, 90 % of batches), ${handedOver} of ${spentNs.length * batchSize} handed over\n`,
  );
}
