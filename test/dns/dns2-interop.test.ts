import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { formatName } from '../../src/dns/name.ts';
import { formatRdata } from '../../src/dns/rdata/record-data.ts';
import { addressRecord, name, record, response } from './octets.ts';

/** The part of dns2 that these tests use: an encoder and decoder written by other people. */
interface Dns2Packet {
  new (): { questions: unknown[]; answers: unknown[]; toBuffer(): Buffer };
  parse(buffer: Buffer): { answers: Record<string, unknown>[] };
  TYPE: Record<string, number>;
}
const Packet: Dns2Packet = createRequire(import.meta.url)('dns2').Packet;

test('what dns2 writes is read as what it was told to write', () => {
  const packet = new Packet();
  packet.questions.push({ name: 'www.example.com', type: Packet.TYPE.A, class: 1 });
  const common = { name: 'www.example.com', class: 1, ttl: 60 };
  packet.answers.push(
    { ...common, type: Packet.TYPE.A, address: '192.0.2.1' },
    { ...common, type: Packet.TYPE.AAAA, address: '2001:db8:0:0:0:0:0:1' },
    { ...common, type: Packet.TYPE.CNAME, domain: 'cdn.example.com' },
    { ...common, type: Packet.TYPE.NS, ns: 'ns1.example.com' },
    { ...common, type: Packet.TYPE.MX, exchange: 'mail.example.com', priority: 10 },
    { ...common, type: Packet.TYPE.TXT, data: 'hello' },
    { ...common, type: Packet.TYPE.SRV, priority: 1, weight: 2, port: 53, target: 'ns1.example.com' },
  );
  const { answers } = decodeMessage(packet.toBuffer());
  assert.ok(answers.every(answer => formatName(answer.name) === 'www.example.com.' && answer.ttl === 60));
  assert.deepEqual(
    answers.map(({ rdata }) => `${rdata.kind} ${formatRdata(rdata)}`),
    [
      'A 192.0.2.1',
      'AAAA 2001:db8::1',
      'CNAME cdn.example.com.',
      'NS ns1.example.com.',
      'MX 10 mail.example.com.',
      'TXT "hello"',
      'SRV 1 2 53 ns1.example.com.',
    ],
  );
});

test('what is written, compression and all, is read by dns2', () => {
  const soa = {
    mname: name('ns1.example.com'),
    rname: name('admin.example.com'),
    serial: 7,
    refresh: 1,
    retry: 2,
  };
  const written = encodeMessage(
    response({
      answers: [
        addressRecord('www.example.com', 192, 0, 2, 1),
        record('www.example.com', 'MX', { kind: 'MX', preference: 10, exchange: name('mail.example.com') }),
        record('example.com', 'SOA', { kind: 'SOA', ...soa, expire: 3, minimum: 4 }),
      ],
    }),
  );
  const [address, mx, start] = Packet.parse(Buffer.from(written)).answers;
  assert.equal(address?.address, '192.0.2.1');
  assert.equal(mx?.exchange, 'mail.example.com');
  assert.deepEqual(
    [start?.primary, start?.admin, start?.serial, start?.minimum],
    ['ns1.example.com', 'admin.example.com', 7, 4],
  );
});
