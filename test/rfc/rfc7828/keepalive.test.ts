import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { optionCodes } from '../../../src/dns/edns.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { readTcpKeepalive, tcpKeepaliveOption } from '../../../src/dns/options/tcp-keepalive.ts';
import { rcodes } from '../../../src/dns/rcode.ts';
import { createCounters } from '../../../src/resolver/counters.ts';
import type { Client } from '../../../src/resolver/listeners/client.ts';
import { createResponder } from '../../../src/resolver/listeners/respond.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { emptyReply } from '../../../src/resolver/reply.ts';
import type { Transport } from '../../../src/resolver/transport.ts';
import { connectPlain, openListener } from '../../resolver/listeners/stream-listeners.ts';
import { edns, query } from '../../resolver/messages.ts';
import { testLimits } from '../../resolver/work-budgets.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const responder = () =>
  createResponder({
    pipeline: () => emptyReply(rcodes.NOERROR),
    counters: createCounters(),
    clock: fakeClock(),
    workLimits: testLimits,
    ownAddresses: new Set(),
    onFault: error => assert.fail(String(error)),
  });

const asking = query('www.test.', 'A', { edns: edns({ options: [tcpKeepaliveOption({})] }) });

function reply(asked: Message, transport: Transport, idleMs?: number): Message {
  const local = { text: '203.0.113.53', family: 4, kind: 'service' } as const;
  const client: Client = { transport, address: '198.18.0.1', local, ...(idleMs !== undefined && { idleMs }) };
  let sent: Uint8Array | undefined;
  responder()(encodeMessage(asked), client, octets => {
    sent = octets;
  });
  assert.ok(sent, 'silence');
  return decodeMessage(sent);
}

describe('RFC 7828, edns-tcp-keepalive', () => {
  const timeout = (message: Message): number | undefined => readTcpKeepalive(message.edns)?.timeoutMs;

  it('section 3.3.2: who asks over TCP or TLS is told the idle timeout, in units of 100 ms', () => {
    assert.equal(timeout(reply(asking, 'tcp', 10_000)), 10_000);
    assert.equal(timeout(reply(asking, 'dot', 4050)), 4000);
  });

  it('section 3.3.1: over UDP the option is ignored; over HTTPS it is not DNS that keeps connections', () => {
    for (const transport of ['udp', 'doh'] as const) {
      const { edns: got } = reply(asking, transport);
      assert.ok(got);
      assert.deepEqual(got.options, []);
    }
  });

  it('section 3.3.2: who has not asked, or speaks no EDNS, is told nothing', () => {
    assert.deepEqual(reply(query('www.test.', 'A', { edns: edns() }), 'tcp', 10_000).edns?.options, []);
    assert.equal(reply(query('www.test.'), 'tcp', 10_000).edns, undefined);
  });

  it('section 3.3.1: a timeout in a query, which should have none, is not read', () => {
    for (const data of [Uint8Array.of(0xff, 0xff), Uint8Array.of(1, 2, 3)]) {
      const options = [{ code: optionCodes.tcpKeepalive, data }];
      const got = reply(query('www.test.', 'A', { edns: edns({ options }) }), 'tcp', 10_000);
      assert.equal(got.rcode, rcodes.NOERROR);
      assert.equal(timeout(got), 10_000);
    }
  });

  it('section 3.4: the timeout falls as connections fill up, to 0, which asks the client to leave', async () => {
    await using tcp = await openListener('tcp', responder(), { limits: { connections: 16, idleMs: 10_000 } });
    const told: (number | undefined)[] = [];
    const sockets = [];
    for (let count = 0; count < 14; count += 1) {
      const socket = await connectPlain(tcp);
      sockets.push(socket);
      socket.write(framed(encodeMessage(asking)));
      const framing = new MessageFraming();
      await new Promise<void>(resolve =>
        socket.on('data', chunk => {
          framing.add(chunk);
          const message = framing.next();
          if (!message) return;
          told.push(timeout(decodeMessage(message)));
          resolve();
        }),
      );
    }
    assert.deepEqual(told, [...Array(7).fill(10_000), ...Array(4).fill(4000), 1000, 1000, 0]);
    for (const socket of sockets) socket.destroy();
  });
});
