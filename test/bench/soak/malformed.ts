/** Octets that are no proper query, each kind as an attacker or a broken client would send it. */
import { randomBytes, randomInt } from 'node:crypto';
import { encodeMessage } from '../../../src/dns/message.ts';
import { edns, query } from '../../resolver/messages.ts';
import { hostOf } from '../universe/zones.ts';
import { shape } from './field.ts';
import { pick } from './pace.ts';

/** What a datagram can carry over IPv4. */
const largestDatagram = 65_507;
const headerOctets = 12;

function goodQuery(): Buffer {
  const host = hostOf(shape, randomInt(shape.zones * shape.hostsPerZone));
  return Buffer.from(encodeMessage(query(host.name, 'A', { id: randomInt(65_536), edns: edns() })));
}

/** A query with some octets changed. */
function mutated(): Buffer {
  const octets = goodQuery();
  for (let count = randomInt(1, 8); count > 0; count -= 1) octets[randomInt(octets.length)] = randomInt(256);
  return octets;
}

function truncated(): Buffer {
  const octets = goodQuery();
  return octets.subarray(0, randomInt(octets.length));
}

function random(): Buffer {
  return randomBytes(randomInt(1, 1500));
}

/** A reply, sent to a server's port: an answer to it would be the start of a loop. */
function reply(): Buffer {
  const octets = goodQuery();
  octets[2] = (octets[2] ?? 0) | 0x80;
  return octets;
}

/** Thousands of records whose names all point to one of 245 octets. */
export function pointerBomb(id = randomInt(65_536), flags = 0x0100): Buffer {
  const label = Buffer.concat([Buffer.of(60), Buffer.alloc(60, 0x61)]);
  const name = Buffer.concat([label, label, label, label, Buffer.of(0)]);
  const question = Buffer.concat([name, Buffer.of(0, 1, 0, 1)]);
  // A pointer to octet 12, TXT, IN, TTL 0, no data.
  const record = Buffer.of(0xc0, headerOctets, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0);
  const count = Math.floor((largestDatagram - headerOctets - question.length) / record.length);
  const records = Buffer.alloc(count * record.length, record);
  return Buffer.concat([header(id, flags, [1, count, 0, 0]), question, records]);
}

/** A name that is a chain of pointers, each to the one before. */
function pointerChain(): Buffer {
  const links = 4000;
  const chain = Buffer.alloc(2 * links);
  for (let link = 1; link < links; link += 1) {
    chain.writeUInt16BE(0xc000 | Math.min(headerOctets + 2 * (link - 1), 0x3fff), 2 * link);
  }
  return Buffer.concat([header(randomInt(65_536), 0x0100, [links, 0, 0, 0]), chain, Buffer.of(0, 1, 0, 1)]);
}

/** An OPT record full of empty options. */
function manyOptions(): Buffer {
  const octets = Buffer.from(encodeMessage(query('host0.zone0.test.', 'A', { id: randomInt(65_536) })));
  octets.writeUInt16BE(1, 10);
  const options = Buffer.alloc(4 * randomInt(33, 15_000), Buffer.of(0xfd, 0xe9, 0, 0));
  const opt = Buffer.of(0, 0, 41, 4, 208, 0, 0, 0, 0, options.length >> 8, options.length & 0xff);
  return Buffer.concat([octets, opt, options]);
}

/** Counts that promise more than there is. */
function emptyPromises(): Buffer {
  return header(randomInt(65_536), 0x0100, [0xffff, 0xffff, 0xffff, 0xffff]);
}

const kinds = [
  mutated,
  mutated,
  mutated,
  truncated,
  random,
  reply,
  () => pointerBomb(),
  pointerChain,
  manyOptions,
  emptyPromises,
];

export function malformed(): Buffer {
  return pick(kinds)();
}

function header(id: number, flags: number, counts: readonly number[]): Buffer {
  const octets = Buffer.alloc(headerOctets);
  for (const [index, value] of [id, flags, ...counts].entries()) octets.writeUInt16BE(value, 2 * index);
  return octets;
}
