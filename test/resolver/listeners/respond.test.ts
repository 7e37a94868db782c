import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { createCounters } from '../../../src/resolver/counters.ts';
import type { Client } from '../../../src/resolver/listeners/client.ts';
import { createResponder } from '../../../src/resolver/listeners/respond.ts';
import type { ClientQuery, Outcome } from '../../../src/resolver/policy.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { a, edns, query, txt } from '../messages.ts';
import { testLimits } from '../work-budgets.ts';

const local = { text: '203.0.113.53', family: 4, kind: 'service' } as const;
const udp: Client = { transport: 'udp', address: '198.18.0.1', local };

function responder(pipeline: (query: ClientQuery) => Outcome = () => emptyReply(rcodes.NOERROR)) {
  const counters = createCounters();
  const faults: unknown[] = [];
  const respond = createResponder({
    pipeline,
    counters,
    clock: fakeClock(),
    workLimits: testLimits,
    ownAddresses: new Set(['198.18.1.6']),
    onFault: error => faults.push(error),
  });
  /** The octets of every call back: there must be one. */
  const replies = (octets: Uint8Array, client = udp): (Uint8Array | undefined)[] => {
    const sent: (Uint8Array | undefined)[] = [];
    respond(octets, client, reply => sent.push(reply));
    return sent;
  };
  return { counters, faults, replies };
}

function reply(octets: Uint8Array, pipeline?: (query: ClientQuery) => Outcome, client = udp): Message {
  const [sent] = responder(pipeline).replies(octets, client);
  assert.ok(sent, 'silence');
  return decodeMessage(sent);
}

describe('responding', () => {
  it('answers in the same turn when the pipeline does', () => {
    assert.equal(responder().replies(encodeMessage(query('www.test.'))).length, 1);
  });

  it('calls back once with a reply or with silence, and never throws, for any octets', () => {
    const { replies } = responder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), octets => {
        const sent = replies(octets);
        assert.equal(sent.length, 1);
        if (sent[0]) decodeMessage(sent[0]);
      }),
    );
  });

  it('turns what a policy throws, now or later, into SERVFAIL, and tells of it', async () => {
    const octets = encodeMessage(query('www.test.'));
    const now = responder(() => {
      throw new Error('broken');
    });
    const [sent] = now.replies(octets);
    assert.ok(sent);
    assert.equal(decodeMessage(sent).rcode, rcodes.SERVFAIL);
    assert.equal(now.counters.faults, 1);
    const later = responder(() => Promise.reject(new Error('broken later')));
    const replies = later.replies(octets);
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(replies.length, 1);
    assert.match(String(later.faults[0]), /broken later/);
  });

  it('turns a reply that cannot be written into SERVFAIL', () => {
    const unwritable = { ...a('www.test.', '198.51.100.1'), type: 16 };
    const pipeline = () => ({ ...emptyReply(rcodes.NOERROR), answers: [unwritable] });
    assert.equal(reply(encodeMessage(query('www.test.')), pipeline).rcode, rcodes.SERVFAIL);
  });

  it('repeats id, question in its letter case, RD and CD, and never sets AD', () => {
    const asked = query('wWw.TeSt.', 'A', { id: 0xbeef });
    const flags = { ...asked.flags, cd: true, ad: true };
    const got = reply(encodeMessage({ ...asked, flags }));
    assert.equal(got.id, 0xbeef);
    assert.deepEqual(got.questions, asked.questions);
    assert.deepEqual(got.flags, { qr: true, aa: false, tc: false, rd: true, ra: true, ad: false, cd: true });
  });

  it('keeps UDP replies within 512 octets, or what the client takes, or 1232; TCP replies whole', () => {
    const answers = Array.from({ length: 40 }, (_, index) => txt('www.test.', `${index}`.padStart(100, 'x')));
    const pipeline = () => ({ ...emptyReply(rcodes.NOERROR), answers });
    const size = (fields: Partial<Message>, client = udp): number => {
      const [sent] = responder(pipeline).replies(encodeMessage(query('www.test.', 'TXT', fields)), client);
      assert.ok(sent);
      assert.equal(decodeMessage(sent).flags.tc, client.transport === 'udp');
      return sent.length;
    };
    assert.ok(size({}) <= 512);
    assert.ok(size({ edns: edns({ udpPayloadSize: 800 }) }) <= 800);
    assert.ok(size({ edns: edns({ udpPayloadSize: 4096 }) }) <= 1232);
    assert.ok(size({}, { ...udp, transport: 'tcp' }) > 4000);
  });

  it('counts client queries on the service address only, and not our own', () => {
    const { counters, replies } = responder();
    const octets = encodeMessage(query('www.test.'));
    replies(octets);
    replies(octets, { ...udp, address: '198.18.1.6' });
    replies(octets, { ...udp, local: { ...local, kind: 'management' } });
    assert.equal(counters.clientQueries, 1);
    assert.equal(counters.traffic.queriesByTransport.udp, 3);
  });
});
