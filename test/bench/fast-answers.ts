/**
 * What a cached answer costs a thread, with everything on: an access list, the rate limit, cookies, NSID. No sockets.
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
    upstreamOctets: 60,
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
    const address = family === 4 ? `198.18.${index >> 8}.${index & 0xff}` : `2001:db8::${index.toString(16)}`;
    return { address, host: hosts[(index * 7919) % names] ?? '' };
  });
  const pool = asked.map(({ address, host }) => threadQuery(make(address, host), address));
  const renew = (): void => {
    time.wallMs = Date.now();
    time.monotonicMs = systemClock.monotonicMs();
    for (const { address, host } of asked)
      for (let times = 0; times < 2; times += 1) world.ask(make(address, host), address);
  };
  let answered = 0;
  let handedOver = 0;
  let spentMs = 0;
  for (let turn = 0; spentMs < seconds * 1000; turn += 1) {
    if (turn % 50 === 0) renew();
    const startMs = performance.now();
    for (const one of pool) {
      if (world.fast.answer(one, time) > 0) answered += 1;
      else handedOver += 1;
    }
    spentMs += performance.now() - startMs;
    time.wallMs = Date.now();
    time.monotonicMs = systemClock.monotonicMs();
  }
  const each = Math.round((spentMs * 1e6) / (answered + handedOver));
  process.stdout.write(
    `${what.padEnd(26)}${String(each).padStart(6)} ns each, ${handedOver} of ${answered + handedOver} handed over\n`,
  );
}
