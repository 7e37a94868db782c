/** Queries as they come and as they should not, from a seed: the same seed gives the same queries. */
import { type EdnsOption, optionCodes } from '../../../src/dns/edns.ts';
import { encodeMessage } from '../../../src/dns/message.ts';
import { CookieMaker } from '../../../src/resolver/clients/server-cookie.ts';
import { sipKey } from '../../../src/resolver/clients/siphash.ts';
import { edns, name } from '../messages.ts';
import { ownAddress, secrets } from './fast-world.ts';

export interface GeneratedQuery {
  readonly octets: Uint8Array;
  readonly address: string;
}

/** Numbers from 0 up to 1 (mulberry32, public domain). */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const longLabel = 'l'.repeat(60);

const names = [
  ...Array.from({ length: 20 }, (_, index) => `host-${index}.zone.test`),
  'alias.zone.test',
  'chain.zone.test',
  'signed.zone.test',
  'large.zone.test',
  'huge.zone.test',
  'private.zone.test',
  'short.zone.test',
  'gone.zone.test',
  'empty.zone.test',
  'failing.zone.test',
  'own.local.test',
  'steered.local.test',
  'www.blocked.test',
  'passed.test',
  'localhost',
  '1.0.0.10.in-addr.arpa',
  '.',
  `${longLabel}.${longLabel}.${longLabel}.${longLabel}.test`,
].map(name);

const types = [1, 28, 16, 15, 12, 65, 255, 251, 0, 41, 43, 250];
const sizes = [0, 100, 511, 512, 600, 1231, 1232, 4096, 65_535];
const addresses = [
  '198.18.0.1',
  '198.18.0.2',
  '198.18.7.9',
  '198.19.255.1',
  '198.51.100.7',
  '2001:db8::1',
  '2001:db8:1::ffff',
  '127.0.0.1',
  ownAddress,
  // Strangers.
  '192.0.2.1',
  '2001:db9::1',
];

const maker = new CookieMaker();
const keys = secrets.map(secret => sipKey(Uint8Array.from(Buffer.from(secret, 'hex'))));

export function generatedQuery(random: Random, wallMs: number): GeneratedQuery {
  const pick = <Value>(values: readonly Value[]): Value => {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  };
  const isSo = (share: number): boolean => random() < share;
  // Most from a few, so that some are over their rate.
  const address = isSo(0.5) ? pick(addresses.slice(0, 2)) : pick(addresses);
  const cookie = (): Uint8Array => cookieOf({ random, pick }, address, wallMs);
  const options = (): EdnsOption[] => {
    const kinds: readonly (readonly [share: number, make: () => EdnsOption[]])[] = [
      [0.5, () => [{ code: optionCodes.cookie, data: cookie() }]],
      [0.3, () => [{ code: optionCodes.nsid, data: new Uint8Array(isSo(0.9) ? 0 : 3) }]],
      [0.1, () => [{ code: optionCodes.padding, data: new Uint8Array(20) }]],
      [0.1, () => [{ code: optionCodes.clientSubnet, data: Uint8Array.of(0, 1, 24, 0, 192, 0, 2) }]],
      [0.05, () => [{ code: optionCodes.tcpKeepalive, data: new Uint8Array() }]],
      [0.03, () => [{ code: 65_001, data: new Uint8Array(2) }]],
      [0.03, () => [{ code: optionCodes.cookie, data: cookie() }]],
      [0.01, () => Array.from({ length: 33 }, () => ({ code: 12, data: new Uint8Array() }))],
    ];
    const some = kinds.flatMap(([share, make]) => (isSo(share) ? make() : []));
    return isSo(0.5) ? some : some.reverse();
  };
  const rare = (): boolean => isSo(0.01);
  const question = {
    name: mixedCase(pick(names), random),
    type: isSo(0.6) ? 1 : isSo(0.4) ? 16 : pick(types),
    class: isSo(0.98) ? 1 : pick([0, 3, 254, 255]),
  };
  const octets = Uint8Array.from(
    encodeMessage({
      id: Math.floor(random() * 65_536),
      opcode: rare() ? pick([1, 2, 4, 5]) : 0,
      rcode: rare() ? 3 : 0,
      flags: { qr: rare(), aa: rare(), tc: rare(), rd: !rare(), ra: rare(), ad: isSo(0.3), cd: isSo(0.1) },
      questions: rare() ? pick([[], [question, question]]) : [question],
      answers: [],
      authorities: [],
      additionals: [],
      ...(isSo(0.75) && {
        edns: edns({
          udpPayloadSize: pick(sizes),
          version: rare() ? 1 : 0,
          dnssecOk: isSo(0.3),
          options: options(),
        }),
      }),
    }),
  );
  return { octets: isSo(0.05) ? spoilt(octets, { random, pick }) : octets, address };
}

interface Choice {
  readonly random: Random;
  readonly pick: <Value>(values: readonly Value[]) => Value;
}

/** Some good, some due to be renewed, some not ours, some of no possible length. */
function cookieOf({ random, pick }: Choice, address: string, wallMs: number): Uint8Array {
  const client = Uint8Array.from({ length: 8 }, () => Math.floor(random() * 256));
  const seconds = Math.floor(wallMs / 1000) - pick([0, 0, 0, 10, 1799, 1800, 3600, 3601, -300, -301]);
  const [active, second] = keys;
  if (!active || !second) throw new Error('no secrets');
  const good = maker.make(client, random() < 0.9 ? address : '198.18.9.9', {
    secret: random() < 0.8 ? active : second,
    seconds,
  });
  const share = random();
  if (share < 0.3) return client;
  if (share < 0.8) return good;
  if (share < 0.85)
    return good.map((octet, index) => (index === pick([0, 8, 9, 12, 16, 23]) ? octet ^ 1 : octet));
  return Uint8Array.from({ length: pick([0, 1, 7, 9, 15, 16, 23, 25, 40, 41]) }, () =>
    Math.floor(random() * 256),
  );
}

function mixedCase(octets: Uint8Array, random: Random): Uint8Array {
  return octets.map(octet => (octet >= 0x61 && octet <= 0x7a && random() < 0.3 ? octet - 0x20 : octet));
}

/** An octet changed, octets missing, or octets too many. */
function spoilt(octets: Uint8Array, { random, pick }: Choice): Uint8Array {
  const at = Math.floor(random() * octets.length);
  switch (pick(['changed', 'early', 'cut', 'longer'])) {
    case 'changed':
      return octets.with(at, Math.floor(random() * 256));
    case 'early': {
      // Counts and flags, where most of what is read is decided.
      const early = Math.floor(random() * 12);
      return octets.with(early, Math.floor(random() * 256));
    }
    case 'cut':
      return octets.slice(0, at);
    default:
      return Uint8Array.of(...octets, ...new Uint8Array(1 + Math.floor(random() * 4)));
  }
}
