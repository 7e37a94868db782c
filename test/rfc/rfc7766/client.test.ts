import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { decodeMessage, encodeMessage, type Message } from '../../../src/dns/message.ts';
import { Deadlines } from '../../../src/resolver/exchange/deadlines.ts';
import { makeQuery, type Query } from '../../../src/resolver/exchange/query.ts';
import type { StreamConnections } from '../../../src/resolver/exchange/stream-connections.ts';
import { tcpConnections } from '../../../src/resolver/exchange/tcp-exchange.ts';
import { framed, MessageFraming } from '../../../src/resolver/message-framing.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { ip, rightAnswer } from '../../resolver/exchange/authorities-under-test.ts';
import { question } from '../../resolver/messages.ts';
import { eventually } from '../../support/eventually.ts';

let nextId = 1;

function query(text: string): Query {
  nextId += 1;
  return makeQuery({
    id: nextId,
    question: question(text),
    secretCase: undefined,
    recursionDesired: false,
    checkingDisabled: false,
    edns: undefined,
  });
}

describe('RFC 7766 at the client', () => {
  const server = createServer();
  const sockets: Socket[] = [];
  let take: (message: Message, socket: Socket) => void;

  before(async () => {
    server.on('connection', socket => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      const framing = new MessageFraming();
      socket.on('data', chunk => {
        framing.add(chunk);
        for (let octets = framing.next(); octets; octets = framing.next())
          take(decodeMessage(octets), socket);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => sockets.splice(0));
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const answer = (message: Message, socket: Socket): boolean =>
    socket.write(framed(encodeMessage(rightAnswer(message))));

  function endpoint() {
    const { port } = server.address() as AddressInfo;
    return { address: ip('127.0.0.1'), source: ip('127.0.0.1'), port };
  }

  function ask(connections: StreamConnections, sent: Query, onMismatch: () => void = () => undefined) {
    return connections.exchange({ server: endpoint(), query: sent, onMismatch });
  }

  it('re-uses a connection for the next query (section 6.2.1)', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    take = answer;
    for (let index = 0; index < 5; index += 1)
      assert.ok(await ask(connections, query(`n${index}.test.`)).outcome);
    assert.equal(sockets.length, 1);
  });

  it('opens few connections and takes answers in any order (sections 6.2.2 and 7)', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    const held: [Message, Socket][] = [];
    take = (message, socket) => {
      held.push([message, socket]);
      if (held.length === 60) for (const each of held.reverse()) answer(...each);
    };
    const names = Array.from({ length: 60 }, (_, index) => `n${index}.test.`);
    const answers = await Promise.all(names.map(text => ask(connections, query(text)).outcome));
    for (const [index, each] of answers.entries()) {
      assert.deepEqual(each?.message.questions[0], question(names[index] ?? ''));
    }
    assert.equal(sockets.length, 16);
  });

  it('asks again on a new connection when one that has served was closed (section 6.2.4)', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    const seen = new Set<Socket>();
    take = (message, socket) => {
      if (seen.has(socket)) return socket.destroy();
      seen.add(socket);
      answer(message, socket);
    };
    assert.ok(await ask(connections, query('a.test.')).outcome);
    assert.ok(await ask(connections, query('b.test.')).outcome);
    assert.equal(sockets.length, 2);
  });

  it('fails when a new connection is closed without an answer, rather than going round', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    take = (_message, socket) => void socket.destroy();
    await assert.rejects(ask(connections, query('a.test.')).outcome, { code: 'ECONNRESET' });
    assert.equal(sockets.length, 1);
  });

  it('closes an idle connection itself (section 6.2.3)', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    take = answer;
    await ask(connections, query('a.test.')).outcome;
    assert.equal(connections.open, 1);
    await eventually(() => assert.equal(connections.open, 0));
  });

  it('sends nothing more over a connection on which a query was given up', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    take = () => undefined;
    const given = ask(connections, query('a.test.'));
    await eventually(() => assert.equal(sockets.length, 1));
    given.end();
    assert.equal(await given.outcome, undefined);
    take = answer;
    assert.ok(await ask(connections, query('b.test.')).outcome);
    assert.equal(sockets.length, 2);
  });

  it('passes over what is not the answer, in however many pieces it comes (section 8)', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    let mismatches = 0;
    take = (message, socket) => {
      const whole = framed(encodeMessage(rightAnswer(message)));
      const other = framed(encodeMessage({ ...rightAnswer(message), questions: [question('x.test.')] }));
      const stranger = framed(encodeMessage({ ...rightAnswer(message), id: message.id ^ 1 }));
      for (const octet of Buffer.concat([other, stranger, whole])) socket.write(Uint8Array.of(octet));
    };
    const found = await ask(connections, query('a.test.'), () => {
      mismatches += 1;
    }).outcome;
    assert.ok(found);
    assert.equal(mismatches, 1);
  });

  it('stops listening to a server that sends and sends what nobody asked for', async () => {
    await using deadlines = new Deadlines(systemClock);
    await using connections = tcpConnections(deadlines);
    take = (message, socket) => {
      const stranger = framed(encodeMessage({ ...rightAnswer(message), id: message.id ^ 1 }));
      socket.write(Buffer.concat(Array.from({ length: 100 }, () => stranger)));
    };
    await assert.rejects(ask(connections, query('a.test.')).outcome, { code: 'ECONNRESET' });
    assert.equal(connections.open, 0);
  });
});
