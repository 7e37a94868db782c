/** Name servers that make us wait over TCP: they accept and say nothing, or say it octet by octet. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { decodeMessage, encodeMessage } from '../../../src/dns/message.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { BudgetExhausted } from '../../../src/resolver/work-budget.ts';
import { eventually } from '../../support/eventually.ts';
import {
  addressIn,
  right,
  rightAddress,
  rightAnswer,
  TestAuthorities,
} from '../exchange/authorities-under-test.ts';
import { replyTo } from '../scripted-upstream.ts';

/** Milliseconds between octets: nobody waits for all of them. */
const trickleMs = 200;

interface SlowServer extends AsyncDisposable {
  /** Connections that are open now, and queries in all. */
  readonly connections: ReadonlySet<Socket>;
  readonly queries: () => number;
}

/** Says TC over UDP, and over TCP what `play` says. */
async function openSlowServer(
  address: string,
  port: number,
  play: (octets: Uint8Array, socket: Socket) => void,
): Promise<SlowServer> {
  let queries = 0;
  const udp = createSocket('udp4');
  udp.on('message', (octets, from) => {
    const query = decodeMessage(octets);
    const reply = replyTo(query, { flags: { ...query.flags, qr: true, tc: true } });
    udp.send(encodeMessage(reply), from.port, from.address);
  });
  const connections = new Set<Socket>();
  const tcp = createServer(socket => {
    connections.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => connections.delete(socket));
    const framing = new MessageFraming();
    socket.on('data', chunk => {
      framing.add(chunk);
      for (let octets = framing.next(); octets; octets = framing.next()) {
        queries += 1;
        play(octets, socket);
      }
    });
  });
  udp.bind(port, address);
  tcp.listen(port, address);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  return {
    connections,
    queries: () => queries,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      udp.close();
      tcp.close();
      await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
    },
  };
}

const plays: Readonly<Record<string, (octets: Uint8Array, socket: Socket) => void>> = {
  'says nothing': () => undefined,
  'trickles its answer': (octets, socket) => {
    const reply = framed(encodeMessage(rightAnswer(decodeMessage(octets))));
    let at = 0;
    const trickle = setInterval(() => {
      if (socket.destroyed) clearInterval(trickle);
      else socket.write(reply.subarray(at, at + 1));
      at += 1;
    }, trickleMs);
  },
};

describe('a name server that makes us wait over TCP', () => {
  for (const [what, play] of Object.entries(plays)) {
    it(`is left for another when it ${what}, and its connections are closed`, async () => {
      await using under = new TestAuthorities();
      await under.serve(right);
      await using slow = await openSlowServer(under.address(1), under.port, play);
      const servers = [under.address(0), under.address(1)];
      for (let index = 0; index < 8; index += 1)
        assert.equal(addressIn(await under.ask(`n${index}.test.`, { servers })), rightAddress);
      await eventually(() => {
        assert.equal(under.authorities.status.attempts, 0);
        assert.equal(slow.connections.size, 0);
      });
    });

    it(`costs a question its time and a few queries when it ${what} and is the only one`, async () => {
      await using under = new TestAuthorities();
      await using slow = await openSlowServer(under.address(0), under.port, play);
      const outcome = await under
        .ask('www.test.', { servers: [under.address(0)] })
        .catch((error: unknown) => error);
      assert.ok(outcome === undefined || (outcome instanceof BudgetExhausted && outcome.limit === 'time'));
      assert.ok(slow.queries() >= 1 && slow.queries() <= 8, `${slow.queries()}`);
      await eventually(() => assert.equal(slow.connections.size, 0));
    });
  }
});
